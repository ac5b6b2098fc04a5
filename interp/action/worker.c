#include "action/action.h"
#include "action/file_worker.h"
#include "action/git_worker.h"
#include "action/remote.h"
#include "action/remote_line.h"

const struct worker workers[] = {
    { "@file", file_worker },
    { "@git", git_worker },
    { "@ssh", remote_worker },
    { "@ssh-line", remote_line_worker },
    { 0 },
};
