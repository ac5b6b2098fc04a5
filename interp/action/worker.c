#include "action/file/worker.h"
#include "action/action.h"
#include "action/git/worker.h"
#include "action/shell/remote.h"
#include "action/shell/remote_line.h"

const struct worker workers[] = {
    { "@file", file_worker },
    { "@git", git_worker },
    { "@ssh", remote_worker },
    { "@ssh-line", remote_line_worker },
    { 0 },
};
