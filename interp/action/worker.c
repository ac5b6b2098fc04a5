#include "action/action.h"
#include "action/remote.h"

const struct worker workers[] = {
    { "@ssh", remote_worker },
    { 0 },
};
