#include "action/action.h"
#include "action/file_worker.h"
#include "action/git_worker.h"
#include "action/remote.h"

const struct worker workers[] = {
    { "@file", file_worker },
    { "@git", git_worker },
    { "@ssh", remote_worker },
    { 0 },
};
