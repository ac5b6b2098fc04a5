// libcurl, loaded when it is first needed.
//
// One table of function pointers with the types of curl/curl.h, named as there without
// their curl_: `curl->easy_setopt(easy, CURLOPT_URL, url)`. Arguments of options are long,
// pointers or curl_off_t as the manual of each says; nothing checks them.

#pragma once

#include <curl/curl.h>

// clang-format off
#define CURL_FUNCTIONS(X)                                                                    \
    X(global_init) X(easy_init) X(easy_cleanup) X(easy_setopt) X(easy_getinfo)               \
    X(easy_strerror) X(slist_append) X(slist_free_all)                                       \
    X(multi_init) X(multi_cleanup) X(multi_setopt) X(multi_add_handle)                       \
    X(multi_remove_handle) X(multi_socket_action) X(multi_info_read) X(multi_assign)
// clang-format on

struct curl_api {
#define POINTER(name) __typeof__(&curl_##name) name;
    CURL_FUNCTIONS(POINTER)
#undef POINTER
};

// NULL with the reason in *[why] (it stays) when the library cannot be loaded.
const struct curl_api *curl_api(const char **why);
