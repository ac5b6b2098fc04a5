// Which interpreter this is; `requires: {runbook: ">=0.1"}` is compared with it.

#pragma once

#define RUNBOOK_VERSION "0.1.0"
