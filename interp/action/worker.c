#include "action/action.h"
#include "action/file_worker.h"
#include "action/remote.h"

const struct worker workers[] = {
    { "@file", file_worker },
    { "@ssh", remote_worker },
    { 0 },
};
