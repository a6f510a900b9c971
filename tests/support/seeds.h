/* SPDX-License-Identifier: Apache-2.0
 *
 * How many random cases a test tries. The sanitizers make each several times slower and look at how
 * the code runs, not at what it decides: with them a quarter of the cases is tried, all of which
 * are also tried without.
 */
#ifndef SUPPORT_SEEDS_H
#define SUPPORT_SEEDS_H

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SEEDS_PART 4
#endif
#endif
#ifndef SEEDS_PART
#define SEEDS_PART 1
#endif

#define SEEDS(all) ((all) / SEEDS_PART)

#endif
