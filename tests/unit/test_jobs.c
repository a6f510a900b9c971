/* SPDX-License-Identifier: Apache-2.0
 *
 * Logs of jobs: what each format reads as, order of arrival, the offered load, and that what is
 * written reads as the same log.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/jobs_same.h"
#include "text/text.h"
#include "trace/jobs.h"

#define SECOND	  INT64_C(1000000)
#define DAY	  (86400 * SECOND)
#define DAYS_2026 INT64_C(20454) /* 2026-01-01, counted from 1970 */

#define FLEET                                                                                  \
	"fleet:\n"                                                                             \
	"  chips:\n"                                                                           \
	"    - {name: A100, memory_gib: 80}\n"                                                 \
	"    - {name: H100, memory_gib: 80, rule: templates, slots: 8, templates:\n"           \
	"       [{name: 1g.10gb, share_milli: 125, memory_mib: 10240, slots: 1, starts: [0, "  \
	"1]}]}\n"                                                                              \
	"  nodes:\n"                                                                           \
	"    - {name: n, count: 4, cores: 64, memory_gib: 512, pools: [{chip: A100, devices: " \
	"8}]}\n"

static struct fleet fleet;

static int setup(void **state)
{
	struct parc_err err = {0};
	int code = fleet_read_bytes(&fleet, "fleet", FLEET, strlen(FLEET), &err);

	(void)state;
	if (code != 0)
		print_message("%s\n", err.text);
	return code;
}

static int teardown(void **state)
{
	(void)state;
	fleet_deinit(&fleet);
	return 0;
}

static void read_with(struct jobs *jobs, const char *format, const struct jobs_options *options,
		      const char *bytes)
{
	struct parc_err err = {0};
	struct text text;
	int code;

	text_init(&text, "t", bytes, strlen(bytes));
	code = jobs_read_bytes(format, &text, &fleet, options, jobs, &err);
	if (code != 0)
		print_message("%s\n", err.text);
	assert_int_equal(code, 0);
}

static const struct jobs_group *group_of(const struct jobs *jobs, int32_t row, int32_t group)
{
	assert_true(row < jobs->count && group < jobs->rows[row].groups_count);
	return &jobs->groups[jobs->rows[row].first_group + group];
}

/* Unsorted rows are sorted, equals stay in the order of the file; a gang is tasks of 8 and a rest.
 */
static void test_philly(void **state)
{
	struct jobs jobs;

	(void)state;
	read_with(&jobs, "philly", NULL,
		  "timestamp,duration,num_gpus,gpu_time,cluster\n"
		  "2026-01-02 00:00:05,66.5,1,66.0,b\n"
		  "2026-01-01 00:00:00,10,20,200,a\n"
		  "2026-01-02 00:00:05,67.0,8,66.0,b\n"
		  "2026-01-01 00:00:00,11,16,200,a\n"
		  "2026-01-01 00:00:00,0,16,200,a\n"
		  "2026-01-01 00:00:00,5,0,200,a\n");
	assert_int_equal(jobs.count, 4);
	assert_int_equal(jobs.unused, 2);
	assert_int_equal(jobs.start_us, DAYS_2026 * DAY);
	assert_int_equal(jobs.rows[0].id, 2);
	assert_int_equal(jobs.rows[0].submit_us, 0);
	assert_int_equal(jobs.rows[1].id, 4);
	assert_int_equal(jobs.rows[2].id, 1);
	assert_int_equal(jobs.rows[2].submit_us, DAY + 5 * SECOND);
	assert_int_equal(jobs.rows[2].length_us, 66500000);
	assert_int_equal(jobs.rows[3].id, 3);
	assert_int_equal(jobs.rows[0].groups_count, 2);
	assert_int_equal(group_of(&jobs, 0, 0)->tasks, 2);
	assert_int_equal(group_of(&jobs, 0, 0)->task.devices, 8);
	assert_int_equal(group_of(&jobs, 0, 1)->tasks, 1);
	assert_int_equal(group_of(&jobs, 0, 1)->task.devices, 4);
	assert_int_equal(group_of(&jobs, 0, 1)->task.share_milli, 1000);
	assert_int_equal(jobs.rows[1].groups_count, 1);
	assert_int_equal(jobs_demand(&jobs, 0), 20000);
	assert_int_equal(jobs.tenants.count, 2);
	assert_string_equal(jobs.tenants.list[jobs.rows[0].tenant], "a");
	assert_int_equal(jobs.rows[0].user, -1);
	jobs_deinit(&jobs);
}

static void test_itp_with_tasks_of_four(void **state)
{
	const struct jobs_options options = {.task_size = 4};
	struct jobs jobs;

	(void)state;
	read_with(&jobs, "itp", &options,
		  "job_id,submission_time,duration,num_gpu\nx-1,100,9,8\ny-2,40,7,3\n");
	assert_int_equal(jobs.count, 2);
	assert_int_equal(jobs.start_us, 40 * SECOND);
	assert_int_equal(jobs.rows[1].submit_us, 60 * SECOND);
	assert_int_equal(group_of(&jobs, 1, 0)->tasks, 2);
	assert_int_equal(group_of(&jobs, 1, 0)->task.devices, 4);
	assert_int_equal(group_of(&jobs, 0, 0)->task.devices, 3);
	jobs_deinit(&jobs);
}

static void test_openb(void **state)
{
	struct jobs jobs;

	(void)state;
	read_with(&jobs, "openb", NULL,
		  "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,creation_time,"
		  "deletion_time,gang,close\n"
		  "a,4000,8,1,460,A100,50,60,3,require:rack\n"
		  "b,4000,8,0,0,,50,,,\n"
		  "c,4000,8,1,1000,T4,40,41,,\n");
	assert_int_equal(jobs.count, 2);
	assert_int_equal(jobs.unused, 1);
	assert_int_equal(jobs.aliens, 1);
	assert_int_equal(jobs.rows[0].alien, 1);
	assert_int_equal(jobs.rows[1].submit_us, 10 * SECOND);
	assert_int_equal(jobs.rows[1].close_level, PARC_LEVEL_RACK);
	assert_int_equal(jobs.rows[1].close_strength, PARC_STRENGTH_REQUIRE);
	assert_int_equal(group_of(&jobs, 1, 0)->tasks, 3);
	assert_int_equal(group_of(&jobs, 1, 0)->task.share_milli, 460);
	assert_int_equal(group_of(&jobs, 1, 0)->task.chips, 1);
	jobs_deinit(&jobs);
}

#define SWF                                                    \
	"; Version: 2.2\n"                                     \
	"; Computer: none, made by hand\n"                     \
	"1 0 5 100 4 -1 -1 4 200 2048 1 7 3 9 2 1 -1 -1\n"     \
	"  2 10 0 50.5 -1 -1 -1 2 -1 -1 0 8 3 -1 -1 -1 1 60\n" \
	"3\t20 0 5 1 -1 -1 1 10 -1 5 -1 -1 -1 -1 -1 9 -1\n"    \
	"4 30 0 5 1 -1 -1 1 10 -1 2 -1 -1 -1 -1 -1 -1 -1\n"    \
	"5 30 0 -1 1 -1 -1 1 10 -1 5 -1 -1 -1 -1 -1 -1 -1\n"

static void test_swf_cores(void **state)
{
	struct jobs jobs;
	const struct jobs_row *rows;

	(void)state;
	read_with(&jobs, "swf", NULL, SWF);
	rows = jobs.rows;
	assert_int_equal(jobs.count, 3);
	assert_int_equal(jobs.unused, 1);
	assert_int_equal(rows[0].limit_us, 200 * SECOND);
	assert_int_equal(rows[0].result, PARC_RESULT_OK);
	assert_int_equal(group_of(&jobs, 0, 0)->tasks, 4);
	assert_int_equal(group_of(&jobs, 0, 0)->task.cpu_milli, 1000);
	assert_int_equal(group_of(&jobs, 0, 0)->task.memory_mib, 2);
	assert_int_equal(group_of(&jobs, 0, 0)->task.devices, 0);
	assert_string_equal(jobs.users.list[rows[0].user], "7");
	assert_string_equal(jobs.tenants.list[rows[0].tenant], "3");
	assert_string_equal(jobs.kinds.list[rows[0].kind], "9");
	assert_string_equal(jobs.queues.list[rows[0].queue], "2");
	assert_int_equal(rows[1].length_us, 50500000);
	assert_int_equal(rows[1].limit_us, 0);
	assert_int_equal(rows[1].result, PARC_RESULT_FAILED);
	assert_int_equal(rows[1].depends_count, 1);
	assert_int_equal(jobs.depends[rows[1].first_depend].job, 0);
	assert_int_equal(rows[1].think_us, 60 * SECOND);
	assert_int_equal(rows[2].result, PARC_RESULT_CANCELLED);
	assert_int_equal(rows[2].depends_count, 0); /* on a job that the log does not have */
	jobs_deinit(&jobs);
}

static void test_swf_devices(void **state)
{
	const struct jobs_options options = {.has_devices = true};
	struct jobs jobs;

	(void)state;
	read_with(&jobs, "swf", &options, SWF);
	assert_int_equal(group_of(&jobs, 0, 0)->tasks, 1);
	assert_int_equal(group_of(&jobs, 0, 0)->task.devices, 4);
	assert_int_equal(group_of(&jobs, 0, 0)->task.memory_mib, 8);
	jobs_deinit(&jobs);
}

#define SACCT_HEAD                                                                             \
	"JobID|JobIDRaw|User|Account|Partition|JobName|Submit|Start|End|ElapsedRaw|Timelimit|" \
	"State|AllocTRES|NNodes\n"

/* An element of an array, a job with steps, one that never ran, one cancelled by its user. */
static void test_sacct(void **state)
{
	struct jobs jobs;
	const struct jobs_row *rows;

	(void)state;
	read_with(&jobs, "sacct", NULL,
		  SACCT_HEAD
		  "100_1|101|amy|vision|gpu|sweep 1|2026-01-01T00:00:00|2026-01-01T00:01:00|"
		  "2026-01-01T00:02:00|60|1-02:03:04|COMPLETED|"
		  "billing=8,cpu=16,gres/gpu:a100=4,gres/gpu=4,mem=64G,node=2|2\n"
		  "100_1.batch|101.batch||vision||batch|2026-01-01T00:00:00|||60||COMPLETED||1\n"
		  "100_2|102|amy|vision|gpu|sweep 1|2026-01-01T00:00:00|Unknown|Unknown|0|"
		  "UNLIMITED|CANCELLED by 1000|cpu=1|2\n"
		  "100_[3-9%2]|103|amy|vision|gpu|s|2026-01-01T00:00:00|||||PENDING||\n"
		  "100_10|110|amy|vision|gpu|sweep 1|2026-01-01T00:00:07|Unknown|Unknown|5|"
		  "UNLIMITED|CANCELLED by 1000|cpu=1|1\n"
		  "104|104|bob|speech|cpu|x|2026-01-01T00:00:09|||5||OUT_OF_MEMORY|"
		  "cpu=3,mem=1.5G,node=2|2\n"
		  "105|105|bob|speech|cpu|x|2026-01-01T00:00:10|||5||NODE_FAIL|"
		  "cpu=3,gres/gpu:mi300x=1|1\n"
		  "106|106|bob|speech|cpu|x|2026-01-01T00:00:11|||5||TIMEOUT|"
		  "cpu=4,gres/gpu=5,node=2|2\n"
		  "107|107|bob|speech|cpu|x|2026-01-01T00:00:12|||5||PREEMPTED|"
		  "cpu=4,gres/gpu:1g.10gb=1|1\n");
	rows = jobs.rows;
	assert_int_equal(jobs.count, 6);
	assert_int_equal(jobs.unused, 2);
	assert_int_equal(rows[0].id, 101);
	assert_int_equal(rows[0].length_us, 60 * SECOND);
	assert_int_equal(rows[0].limit_us, (((24 + 2) * 60 + 3) * 60 + 4) * SECOND);
	assert_int_equal(rows[0].array, 0);
	assert_int_equal(group_of(&jobs, 0, 0)->tasks, 2);
	assert_int_equal(group_of(&jobs, 0, 0)->task.devices, 2);
	assert_int_equal(group_of(&jobs, 0, 0)->task.cpu_milli, 8000);
	assert_int_equal(group_of(&jobs, 0, 0)->task.memory_mib, 32768);
	assert_int_equal(group_of(&jobs, 0, 0)->task.chips, 1);
	assert_string_equal(jobs.users.list[rows[0].user], "amy");
	assert_string_equal(jobs.tenants.list[rows[0].tenant], "vision");
	assert_string_equal(jobs.queues.list[rows[0].queue], "gpu");
	assert_memory_equal(jobs.kinds.list[rows[0].kind], "sweep_1-", 8);
	assert_int_equal(rows[1].array, 0);
	assert_int_equal(rows[1].limit_us, 0);
	assert_int_equal(rows[1].result, PARC_RESULT_CANCELLED);
	assert_int_equal(rows[2].array, -1);
	assert_int_equal(rows[2].result, PARC_RESULT_FAILED);
	assert_int_equal(rows[2].work_class, PARC_CLASS_BATCH);
	assert_int_equal(group_of(&jobs, 2, 0)->task.cpu_milli, 1500);
	assert_int_equal(group_of(&jobs, 2, 0)->task.memory_mib, 768);
	assert_int_equal(rows[3].result, PARC_RESULT_LOST);
	assert_int_equal(rows[3].alien, 1);
	assert_string_equal(jobs.first_alien, "mi300x");
	assert_int_equal(rows[4].result, PARC_RESULT_TIMEOUT);
	assert_int_equal(rows[4].groups_count, 2);
	assert_int_equal(group_of(&jobs, 4, 0)->task.devices, 3);
	assert_int_equal(group_of(&jobs, 4, 1)->task.devices, 2);
	assert_int_equal(group_of(&jobs, 5, 0)->task.share_milli, 125);
	assert_int_equal(group_of(&jobs, 5, 0)->task.device_memory_mib, 10240);
	assert_int_equal(group_of(&jobs, 5, 0)->task.chips, 2);
	jobs_deinit(&jobs);
}

/* A heterogeneous job is one job with a group for each component; few columns are enough. */
static void test_sacct_heterogeneous(void **state)
{
	struct jobs jobs;

	(void)state;
	read_with(&jobs, "sacct", NULL,
		  "JobID|Submit|Elapsed|State|AllocCPUS|ReqTRES|\n"
		  "7+0|2026-01-01T00:00:00|00:10:00|COMPLETED|4||\n"
		  "7+0.batch|2026-01-01T00:00:00|00:10:00|COMPLETED|4||\n"
		  "7+1|2026-01-01T00:00:00|00:11:00|COMPLETED|8|cpu=8,gres/gpu=8,node=1|\n"
		  "8+0|2026-01-01T00:00:01|2-00:00:00|RUNNING|4||\n"
		  "9|2026-01-01T00:00:02|59:59|FAILED|4||\n");
	assert_int_equal(jobs.count, 3);
	assert_int_equal(jobs.rows[0].id, 7);
	assert_int_equal(jobs.rows[0].groups_count, 2);
	assert_int_equal(jobs.rows[0].length_us, 660 * SECOND);
	assert_int_equal(group_of(&jobs, 0, 0)->task.devices, 0);
	assert_int_equal(group_of(&jobs, 0, 1)->task.devices, 8);
	assert_int_equal(jobs.rows[1].length_us, 2 * DAY);
	assert_int_equal(jobs.rows[2].length_us, 3599 * SECOND);
	jobs_deinit(&jobs);
}

/* A fuzzer's finds: what is less than one unit a node is one; no task asks for nothing. */
static void test_sacct_less_than_one_a_node(void **state)
{
	struct jobs jobs;

	(void)state;
	read_with(&jobs, "sacct", NULL,
		  "JobID|Submit|ElapsedRaw|State|AllocTRES\n"
		  "7|2026-01-01T00:00:00|9|COMPLETED|mem=1,node=2\n"
		  "8|2026-01-01T00:00:00|9|COMPLETED|cpu=1,node=3\n"
		  "9|2026-01-01T00:00:00|9|COMPLETED|gres/gpu=1,node=2\n");
	assert_int_equal(group_of(&jobs, 0, 0)->task.memory_mib, 1);
	assert_int_equal(group_of(&jobs, 1, 0)->task.cpu_milli, 334);
	assert_int_equal(jobs.rows[2].groups_count, 1);
	assert_null(jobs_same_when_written(&jobs, &fleet));
	jobs_deinit(&jobs);
}

#define CSV_ROWS                                                                                  \
	"id,submit_s,length_s,tenant,user,kind,queue,tier,class,limit_s,expected_s,checkpoint_s," \
	"think_s,result,close,array,array_running_max,depends,held,requeue,preemptible,tasks,"    \
	"devices,share_milli,device_memory_mib,cpu_milli,memory_mib,chips,link\n"                 \
	"5,100,60.5,t,u,k,q,3,infer,90,70,30,2,timeout,prefer:rack,9,4,,1,true,0,2;1,8;1,"        \
	"1000;500,1024,4000,8192;16,A100|H100;H100,require\n"                                     \
	"3,90.25,1,,,,,,,,,,,,,,,,,,,,1,,,,,,\n"                                                  \
	"9,200,1,,,,,,,,,,,,,9,,5+3:ok,,,,,0,,,1000,,,\n"                                         \
	"10,200,1,,,,,,,,,,,,,,,9:failed,,,,,1,,,,,nothing,\n"

static void check_csv_rows(const struct jobs *jobs)
{
	const struct jobs_row *row = &jobs->rows[1];

	assert_int_equal(jobs->count, 4);
	assert_int_equal(jobs->start_us, 90250000);
	assert_int_equal(row->id, 5);
	assert_int_equal(row->length_us, 60500000);
	assert_int_equal(row->tier, 3);
	assert_int_equal(row->work_class, PARC_CLASS_INFER);
	assert_int_equal(row->limit_us, 90 * SECOND);
	assert_int_equal(row->expected_us, 70 * SECOND);
	assert_int_equal(row->checkpoint_us, 30 * SECOND);
	assert_int_equal(row->think_us, 2 * SECOND);
	assert_int_equal(row->result, PARC_RESULT_TIMEOUT);
	assert_int_equal(row->close_level, PARC_LEVEL_RACK);
	assert_int_equal(row->array, 1);
	assert_int_equal(row->array_running_max, 4);
	assert_int_equal(row->held, 1);
	assert_int_equal(row->requeue, 1);
	assert_int_equal(row->preemptible, 0);
	assert_int_equal(group_of(jobs, 1, 0)->tasks, 2);
	assert_int_equal(group_of(jobs, 1, 0)->task.chips, 3);
	assert_int_equal(group_of(jobs, 1, 1)->task.share_milli, 500);
	assert_int_equal(group_of(jobs, 1, 1)->task.chips, 2);
	assert_int_equal(group_of(jobs, 1, 1)->task.link, PARC_STRENGTH_REQUIRE);
	assert_int_equal(group_of(jobs, 1, 1)->task.cpu_milli, 4000);
	assert_int_equal(group_of(jobs, 1, 1)->task.memory_mib, 16);
	assert_int_equal(jobs->rows[2].array, 1);
	assert_int_equal(jobs->rows[2].depends_count, 2);
	assert_int_equal(jobs->depends[jobs->rows[2].first_depend].job, 1);
	assert_int_equal(jobs->depends[jobs->rows[2].first_depend + 1].job, 0);
	assert_int_equal(jobs->depends[jobs->rows[2].first_depend + 1].kind, 1);
	assert_int_equal(jobs->depends[jobs->rows[3].first_depend].kind, 2);
	assert_int_equal(jobs->rows[3].alien, 1);
}

static void test_csv(void **state)
{
	struct jobs jobs;

	(void)state;
	read_with(&jobs, "csv", NULL, CSV_ROWS);
	check_csv_rows(&jobs);
	jobs_deinit(&jobs);
}

/* The YAML says the same as the CSV above. */
static void test_yaml(void **state)
{
	struct jobs jobs;

	(void)state;
	read_with(
		&jobs, "yaml", NULL,
		"jobs:\n"
		"- {id: 5, submit_s: 100, length_s: 60.5, tenant: t, user: u, kind: k, queue: q,\n"
		"   tier: 3, class: infer, limit_s: 90, expected_s: 70, checkpoint_s: 30,\n"
		"   think_s: 2, result: timeout, close: prefer:rack, array: 9,\n"
		"   array_running_max: 4, held: true, requeue: true, preemptible: false,\n"
		"   groups: [{tasks: 2, devices: 8, device_memory_mib: 1024, cpu_milli: 4000,\n"
		"             memory_mib: 8192, chips: [A100, H100], link: require},\n"
		"            {devices: 1, share_milli: 500, device_memory_mib: 1024,\n"
		"             cpu_milli: 4000, memory_mib: 16, chips: H100, link: require}]}\n"
		"- {id: 3, submit_s: 90.25, length_s: 1, groups: [{devices: 1}]}\n"
		"- {id: 9, submit_s: 200, length_s: 1, array: 9, depends: [5, 3:ok],\n"
		"   groups: [{cpu_milli: 1000}]}\n"
		"- {id: 10, submit_s: 200, length_s: 1, depends: 9:failed,\n"
		"   groups: [{devices: 1, chips: [nothing]}]}\n");
	check_csv_rows(&jobs);
	jobs_deinit(&jobs);
}

/* Every log, written as parc's own table, reads as the same log. */
static void test_written_logs_read_the_same(void **state)
{
	static const struct {
		const char *format, *bytes;
	} logs[] = {
		{"csv", CSV_ROWS},
		{"swf", SWF},
		{"sacct", "JobID|Submit|Elapsed|State|AllocCPUS|User\n"
			  "7_1|2026-01-01T00:00:00|00:10:00|COMPLETED|4|a b\n"
			  "7_2|2026-01-01T00:00:00|00:10:00|COMPLETED|4|c\n"
			  "8|2026-01-01T00:00:00|00:10:00|COMPLETED|4|c\n"},
		{"philly", "timestamp,duration,num_gpus\n2026-01-02 00:00:05,66.5,20\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		struct jobs jobs;

		read_with(&jobs, logs[i].format, NULL, logs[i].bytes);
		assert_null(jobs_same_when_written(&jobs, &fleet));
		jobs_deinit(&jobs);
	}
}

/* The first message is kept, the rest counted; what is left is read. */
static void test_lenient(void **state)
{
	const struct jobs_options options = {.is_lenient = true};
	static const struct {
		const char *format, *bytes, *message;
		int32_t count, skipped;
	} logs[] = {
		{"philly",
		 "timestamp,duration,num_gpus\nyesterday,1,1\n2026-01-01 00:00:00,1,1\n1,2\n",
		 "t:2:1: timestamp is \"yesterday\", expected a time as 2026-01-31T23:59:59", 1, 2},
		{"openb",
		 "name,cpu_milli,memory_mib,num_gpu,gpu_milli,creation_time,deletion_time\n"
		 "a,1,1,1,1000,0,1\nb,x,1,1,1000,0,1\n",
		 "t:3:3: cpu_milli is \"x\", expected a whole number from 0 to 16777216", 1, 1},
		{"swf", "1 0 5 100 4 -1 -1 4 200 2048 1 7 3 9 2 1 -1 -1\n1 2\n\n3\n",
		 "t:2:1: 2 fields, expected 18 numbers with blanks between them", 1, 2},
		{"yaml",
		 "jobs:\n- {submit_s: 0, length_s: 1, groups: []}\n"
		 "- {submit_s: 0, length_s: 1, groups: [{devices: 1}]}\n",
		 "t:2:38: groups is empty, expected at least one group", 1, 1},
		{"csv", "submit_s,length_s,devices,depends\n1,1,1,7\n1,1,0,\n1,1,1,\n",
		 "t:3:1: the task asks for nothing, expected devices, cpu_milli or memory_mib", 2,
		 2},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		struct jobs jobs;

		read_with(&jobs, logs[i].format, &options, logs[i].bytes);
		assert_int_equal(jobs.count, logs[i].count);
		assert_int_equal(jobs.skipped, logs[i].skipped);
		assert_string_equal(jobs.first_skipped, logs[i].message);
		jobs_deinit(&jobs);
	}
}

static void test_compress(void **state)
{
	struct parc_err err = {0};
	struct jobs jobs;

	(void)state;
	read_with(&jobs, "itp", NULL,
		  "submission_time,duration,num_gpu\n0,100,4\n50,100,4\n100,200,1\n");
	assert_int_equal(jobs_load_milli(&jobs, 10), 1000);
	assert_int_equal(jobs_compress(&jobs, 10, 2000, &err), 0);
	assert_int_equal(jobs.rows[1].submit_us, 25 * SECOND);
	assert_int_equal(jobs.rows[2].submit_us, 50 * SECOND);
	assert_int_equal(jobs_load_milli(&jobs, 10), 2000);
	assert_int_equal(jobs_compress(&jobs, 20, 100, &err), 0);
	assert_int_equal(jobs.rows[2].submit_us, 500 * SECOND);
	assert_int_equal(jobs_load_milli(&jobs, 20), 100);
	assert_int_equal(jobs_compress(&jobs, 20, 0, &err), PARC_ERR_INVALID);
	assert_string_equal(err.text, "a load of 0 thousandths, expected 1 to 1000000");
	jobs_deinit(&jobs);
	read_with(&jobs, "itp", NULL, "submission_time,duration,num_gpu\n0,100,4\n0,100,4\n");
	assert_int_equal(jobs_load_milli(&jobs, 10), 0);
	assert_int_equal(jobs_compress(&jobs, 10, 1000, &err), PARC_ERR_INVALID);
	assert_string_equal(err.text, "no load can be set: the jobs all arrive at one time, "
				      "expected a log that has both times and devices");
	jobs_deinit(&jobs);
}

/* Names that differ beyond what a name may hold stay different. */
static void test_long_and_strange_names(void **state)
{
	struct jobs jobs;

	(void)state;
	read_with(&jobs, "sacct", NULL,
		  "JobID|Submit|Elapsed|State|AllocCPUS|JobName\n"
		  "1|2026-01-01T00:00:00|00:10:00|COMPLETED|4|\xe8\xae\xad\n"
		  "2|2026-01-01T00:00:00|00:10:00|COMPLETED|4|\xe7\xbb\x83\n"
		  "3|2026-01-01T00:00:00|00:10:00|COMPLETED|4|"
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1\n"
		  "4|2026-01-01T00:00:00|00:10:00|COMPLETED|4|"
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2\n");
	assert_int_equal(jobs.kinds.count, 4);
	assert_memory_equal(jobs.kinds.list[0], "___-", 4);
	assert_int_equal(strlen(jobs.kinds.list[2]), JOBS_NAME_MAX);
	jobs_deinit(&jobs);
}

/* The examples read, on the fleet beside them where there is one; none of their jobs is alien. */
static void test_examples(void **state)
{
	static const struct {
		const char *format, *path;
		int32_t count, unused;
	} logs[] = {
		{"philly", "examples/philly/jobs.csv", 931, 0},
		{"sacct", "examples/sacct/jobs.txt", 270, 4},
		{"swf", "examples/swf/jobs.swf", 292, 8},
	};
	struct fleet own;

	(void)state;
	assert_int_equal(fleet_read(&own, "examples/sacct/fleet.yaml", NULL), 0);
	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		struct jobs jobs;

		assert_int_equal(jobs_read(logs[i].format, logs[i].path, &own, NULL, &jobs, NULL),
				 0);
		assert_int_equal(jobs.count, logs[i].count);
		assert_int_equal(jobs.unused, logs[i].unused);
		assert_int_equal(jobs.aliens, 0);
		assert_null(jobs_same_when_written(&jobs, &own));
		jobs_deinit(&jobs);
	}
	fleet_deinit(&own);
}

/* The whole traces: counts, and offered loads as README.md beside them has them. */
static void test_real_traces(void **state)
{
	static const struct {
		const char *format, *path;
		int32_t count;
		int64_t devices, load_milli;
	} logs[] = {
		{"philly", "../shared/data/philly/philly.csv", 82247, 42 * 8, 1110},
		{"itp", "../shared/data/itp/cluster03.csv", 3011, 19 * 8, 920},
		{"itp", "../shared/data/itp/cluster06.csv", 2396, 12 * 8, 900},
		{"itp", "../shared/data/itp/cluster08.csv", 13047, 9 * 8, 920},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		FILE *file = fopen(logs[i].path, "rb");
		struct jobs jobs;

		if (file == NULL) {
			print_message("skipped: no ../shared/data\n");
			skip();
		}
		fclose(file);
		assert_int_equal(jobs_read(logs[i].format, logs[i].path, &fleet, NULL, &jobs, NULL),
				 0);
		assert_int_equal(jobs.count, logs[i].count);
		assert_in_range(jobs_load_milli(&jobs, logs[i].devices), logs[i].load_milli - 10,
				logs[i].load_milli + 10);
		jobs_deinit(&jobs);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_philly),
		cmocka_unit_test(test_itp_with_tasks_of_four),
		cmocka_unit_test(test_openb),
		cmocka_unit_test(test_swf_cores),
		cmocka_unit_test(test_swf_devices),
		cmocka_unit_test(test_sacct),
		cmocka_unit_test(test_sacct_heterogeneous),
		cmocka_unit_test(test_sacct_less_than_one_a_node),
		cmocka_unit_test(test_csv),
		cmocka_unit_test(test_yaml),
		cmocka_unit_test(test_written_logs_read_the_same),
		cmocka_unit_test(test_lenient),
		cmocka_unit_test(test_compress),
		cmocka_unit_test(test_long_and_strange_names),
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_real_traces),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
