#include "base/sha256_blocks.h"

#ifdef __x86_64__

#include <cpuid.h>
#include <immintrin.h>

#define WITH_SHA __attribute__((target("sha,sse4.1")))

bool sha256_has_instructions(void)
{
    unsigned a, b, c, d;
    bool has_sse = __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSSE3) && (c & bit_SSE4_1);

    return has_sse && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA);
}

// The state as the instructions want it: a, b, e, f and c, d, g, h, the first of them on top.
struct halves {
    __m128i abef, cdgh;
};

static inline WITH_SHA struct halves halves_from(const uint32_t state[8])
{
    __m128i badc = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xB1);
    __m128i hgfe = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1B);

    return (struct halves){ _mm_alignr_epi8(badc, hgfe, 8), _mm_blend_epi16(hgfe, badc, 0xF0) };
}

static inline WITH_SHA void halves_to(struct halves h, uint32_t state[8])
{
    __m128i abef = _mm_shuffle_epi32(h.abef, 0x1B), cdgh = _mm_shuffle_epi32(h.cdgh, 0xB1);

    _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(abef, cdgh, 0xF0));
    _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(cdgh, abef, 8));
}

static inline WITH_SHA __m128i four_words(const uint8_t *p)
{
    const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);

    return _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)p), swap);
}

// The four words of the schedule that come after these sixteen.
static inline WITH_SHA __m128i words_after(__m128i w0, __m128i w1, __m128i w2, __m128i w3)
{
    __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w1), _mm_alignr_epi8(w3, w2, 4));

    return _mm_sha256msg2_epu32(sum, w3);
}

static inline WITH_SHA struct halves four_rounds(struct halves h, __m128i words, const uint32_t *k)
{
    __m128i sum = _mm_add_epi32(words, _mm_loadu_si128((const __m128i *)k));

    h.cdgh = _mm_sha256rnds2_epu32(h.cdgh, h.abef, sum);
    h.abef = _mm_sha256rnds2_epu32(h.abef, h.cdgh, _mm_shuffle_epi32(sum, 0x0E));
    return h;
}

static inline WITH_SHA struct halves one_block(struct halves h, const uint8_t *block)
{
    __m128i w0 = four_words(block), w1 = four_words(block + 16), w2 = four_words(block + 32),
            w3 = four_words(block + 48);

    for (const uint32_t *k = sha256_constants;; k += 16) {
        h = four_rounds(h, w0, k);
        h = four_rounds(h, w1, k + 4);
        h = four_rounds(h, w2, k + 8);
        h = four_rounds(h, w3, k + 12);
        if (k == sha256_constants + 48)
            return h;
        w0 = words_after(w0, w1, w2, w3);
        w1 = words_after(w1, w2, w3, w0);
        w2 = words_after(w2, w3, w0, w1);
        w3 = words_after(w3, w0, w1, w2);
    }
}

WITH_SHA void sha256_blocks_by_instructions(uint32_t state[8], const uint8_t *blocks, size_t count)
{
    struct halves h = halves_from(state);

    for (; count; count--, blocks += 64) {
        struct halves now = one_block(h, blocks);
        h.abef = _mm_add_epi32(h.abef, now.abef);
        h.cdgh = _mm_add_epi32(h.cdgh, now.cdgh);
    }
    halves_to(h, state);
}

#else

bool sha256_has_instructions(void)
{
    return false;
}

void sha256_blocks_by_instructions(uint32_t state[8], const uint8_t *blocks, size_t count)
{
    sha256_blocks_plain(state, blocks, count);
}

#endif
