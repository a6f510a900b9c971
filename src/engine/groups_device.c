/* SPDX-License-Identifier: Apache-2.0
 *
 * Device files under version 2: a program that the kernel asks at each open and mknod, made for the
 * list. It compares the numbers of the device with each of the list and allows what is not on it.
 * Programs of the groups above are asked too. The kernel keeps the program as long as the group.
 *
 * The context has the access and kind in word 0, the major number in word 1, the minor in word 2;
 * its instructions are those of the kernel's Documentation/bpf/standardization.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/groups_file.h"

#define PER_DEVICE 4
#define LENGTH_MAX (5 + PER_DEVICE * CLAIM_DENIED_MAX + 2)

static struct bpf_insn load_word(int to, int16_t offset)
{
	return (struct bpf_insn){.code = BPF_LDX | BPF_MEM | BPF_W,
				 .dst_reg = (uint8_t)(to & 15),
				 .src_reg = BPF_REG_1,
				 .off = offset};
}

static struct bpf_insn jump_unless_equal(int reg, uint32_t value, int16_t over)
{
	return (struct bpf_insn){.code = BPF_JMP32 | BPF_JNE | BPF_K,
				 .dst_reg = (uint8_t)(reg & 15),
				 .off = over,
				 .imm = (int32_t)value};
}

static struct bpf_insn set_number(int reg, int32_t value)
{
	return (struct bpf_insn){
		.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = (uint8_t)(reg & 15), .imm = value};
}

static const struct bpf_insn leave = {.code = BPF_JMP | BPF_EXIT};

static int build(struct bpf_insn *to, const struct claim_device *denied, int64_t count)
{
	int length = 0;

	/* Only character devices are on the list: the kind is in the low half of word 0. */
	to[length++] = load_word(BPF_REG_4, 0);
	to[length++] = (struct bpf_insn){
		.code = BPF_ALU | BPF_AND | BPF_K, .dst_reg = BPF_REG_4, .imm = 0xffff};
	to[length++] = load_word(BPF_REG_2, 4);
	to[length++] = load_word(BPF_REG_3, 8);
	to[length++] =
		jump_unless_equal(BPF_REG_4, BPF_DEVCG_DEV_CHAR, (int16_t)(PER_DEVICE * count));
	for (int64_t i = 0; i < count; i++) {
		to[length++] = jump_unless_equal(BPF_REG_2, denied[i].major, 3);
		to[length++] = jump_unless_equal(BPF_REG_3, denied[i].minor, 2);
		to[length++] = set_number(BPF_REG_0, 0);
		to[length++] = leave;
	}
	to[length++] = set_number(BPF_REG_0, 1);
	to[length++] = leave;
	return length;
}

int groups_deny_devices(int group, const struct claim_device *denied, int64_t count,
			struct parc_err *err)
{
	struct bpf_insn program[LENGTH_MAX];
	union bpf_attr attr;
	int fd, failed;

	if (count > CLAIM_DENIED_MAX)
		return parc_err_set(err, PARC_ERR_FULL, "more than %d device files to close",
				    CLAIM_DENIED_MAX);
	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.insns = (uint64_t)(uintptr_t)program;
	attr.insn_cnt = (uint32_t)build(program, denied, count);
	attr.license = (uint64_t)(uintptr_t) "Apache-2.0";
	fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd < 0)
		return parc_err_set(err, PARC_ERR_IO, "no program for device files: %s",
				    strerror(errno));
	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t)group;
	attr.attach_bpf_fd = (uint32_t)fd;
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	failed = syscall(SYS_bpf, BPF_PROG_ATTACH, &attr, sizeof(attr)) != 0;
	if (failed)
		parc_err_set(err, PARC_ERR_IO, "device files cannot be closed: %s",
			     strerror(errno));
	close(fd);
	return failed ? PARC_ERR_IO : 0;
}
