// libpq, loaded when it is first needed.
//
// One table of function pointers with the types of libpq-fe.h, named as there without
// their PQ:
//
//     const struct pq_api *pq = pq_api(&why);
//     pq->connectStartParams(keywords, values, 0);
//
// The table is loaded once a process and never changes; any thread may ask for it.
// Shared by the store and the sql action: who needs one more function adds its name to
// the list.

#pragma once

#include <libpq-fe.h>

// clang-format off
#define PQ_FUNCTIONS(X)                                                                      \
    /* a connection */                                                                       \
    X(connectStartParams) X(connectPoll) X(connectdbParams) X(conninfoParse) X(conninfoFree) \
    X(conninfo) X(resetStart) X(resetPoll) X(finish) X(status) X(socket) X(errorMessage)     \
    X(transactionStatus) X(parameterStatus) X(serverVersion) X(protocolVersion)              \
    X(backendPID) X(db) X(user) X(host) X(port) X(connectionNeedsPassword)                   \
    X(connectionUsedPassword) X(setClientEncoding) X(setErrorVerbosity)                      \
    X(setErrorContextVisibility) X(setNoticeReceiver) X(setNoticeProcessor) X(sslInUse)      \
    X(libVersion) X(ping) X(pingParams)                                                      \
    /* asking and waiting */                                                                 \
    X(exec) X(execParams) X(prepare) X(execPrepared)                                         \
    /* asking without waiting */                                                             \
    X(setnonblocking) X(isnonblocking) X(sendQuery) X(sendQueryParams) X(sendPrepare)        \
    X(sendQueryPrepared) X(sendDescribePrepared) X(setSingleRowMode) X(getResult)            \
    X(consumeInput) X(isBusy) X(flush) X(notifies)                                           \
    X(enterPipelineMode) X(exitPipelineMode) X(pipelineSync) X(pipelineStatus)               \
    X(sendFlushRequest)                                                                      \
    /* stopping */                                                                           \
    X(getCancel) X(cancel) X(freeCancel)                                                     \
    /* results */                                                                            \
    X(resultStatus) X(resStatus) X(resultErrorMessage) X(resultErrorField)                   \
    X(resultVerboseErrorMessage) X(ntuples) X(nfields) X(fname) X(fnumber) X(ftable)         \
    X(fformat) X(ftype) X(fmod) X(fsize) X(binaryTuples) X(getvalue) X(getlength)            \
    X(getisnull) X(cmdStatus) X(cmdTuples) X(oidValue) X(nparams) X(paramtype) X(clear)      \
    X(makeEmptyPGresult)                                                                     \
    /* COPY */                                                                               \
    X(putCopyData) X(putCopyEnd) X(getCopyData)                                              \
    /* text */                                                                               \
    X(escapeIdentifier) X(escapeLiteral) X(escapeStringConn) X(escapeByteaConn)              \
    X(unescapeBytea) X(freemem) X(clientEncoding)
// clang-format on

struct pq_api {
#define POINTER(name) __typeof__(&PQ##name) name;
    PQ_FUNCTIONS(POINTER)
#undef POINTER
};

// NULL with the reason in *[why] (it stays) when the library cannot be loaded.
const struct pq_api *pq_api(const char **why);
