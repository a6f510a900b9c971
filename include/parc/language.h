/* SPDX-License-Identifier: Apache-2.0
 *
 * What lets the public headers be read as C++ and with -Wpedantic as well: the functions are C
 * functions there, and numbers of 128 bits are a word of the compiler's.
 */
#ifndef PARC_LANGUAGE_H
#define PARC_LANGUAGE_H

#ifdef __cplusplus
#define PARC_C_BEGIN extern "C" {
#define PARC_C_END   }
#else
#define PARC_C_BEGIN
#define PARC_C_END
#endif

__extension__ typedef __int128 parc_int128;

#endif
