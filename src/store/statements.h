/* SPDX-License-Identifier: Apache-2.0
 *
 * All statements of the store: a name and its SQL.
 */
#ifndef STORE_STATEMENTS_H
#define STORE_STATEMENTS_H

#define SQL_JOB_COLUMNS                                                                      \
	"job, tenant, uid, gid, user, name, spec, submit_us, start_us, end_us, allocation, " \
	"state, result, attempts, exit_code, signal, reason, detail"
#define SQL_ATTEMPT_COLUMNS                                                                   \
	"allocation, job, attempt, result, start_us, started_us, end_us, held_milli, "        \
	"wall_us, cpu_us, memory_peak_mib, busy_us, exit_code, signal, action, rebooked_us, " \
	"promised_us"
#define SQL_PROGRESS_COLUMNS                                                                 \
	"job, allocation, expected_us, progress_us, done, total, checkpoint_us, kept_done, " \
	"kept_total, kept_work_us, begin_done, begin_total, begin_work_us"
#define SQL_TOKEN_COLUMNS \
	"hash, number, tenant, created_us, expires_us, revoked_us, uid, role, user, note"

/* clang-format off */
#define SQL_STATEMENTS(X) \
	X(BEGIN, "BEGIN IMMEDIATE") X(COMMIT, "COMMIT") \
	X(SETTING_GET, "SELECT text FROM settings WHERE name = ?1") \
	X(SETTING_SET, "INSERT INTO settings (name, text) VALUES (?1, ?2)") \
	X(JOURNAL_ADD, "INSERT INTO journal (number, version, event, actions, digest)" \
		" VALUES (?1, ?2, ?3, ?4, ?5)") \
	X(JOURNAL_FIRST, "SELECT number FROM journal ORDER BY number LIMIT 1") \
	X(JOURNAL_LAST, "SELECT number FROM journal ORDER BY number DESC LIMIT 1") \
	X(JOURNAL_SCAN, "SELECT number, version, event, actions, digest FROM journal" \
		" WHERE number >= ?1 ORDER BY number") \
	X(JOURNAL_DROP, "DELETE FROM journal WHERE number < ?1 AND number < ?2") \
	X(JOB_ADD, "INSERT INTO jobs (job, version, tenant, uid, gid, user, name, spec," \
		" submit_us) VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)") \
	X(JOB_START, "UPDATE jobs SET state = 1, start_us = ?2, allocation = ?3, attempts = ?4," \
		" exit_code = -1, signal = 0, detail = '' WHERE job = ?1") \
	X(JOB_STATE, "UPDATE jobs SET state = ?2 WHERE job = ?1") \
	X(JOB_END, "UPDATE jobs SET state = 4, result = ?2, reason = ?3, end_us = ?4" \
		" WHERE job = ?1") \
	X(JOB_DETAIL, "UPDATE jobs SET detail = ?2 WHERE job = ?1") \
	X(ATTEMPT_HELD, "UPDATE attempts SET held_milli = ?2, rebooked_us = ?3, promised_us = ?4," \
		" action = ?5 WHERE allocation = ?1") \
	X(JOB_EXIT, "UPDATE jobs SET exit_code = ?2, signal = ?3, detail = ?4 WHERE job = ?1") \
	X(JOB_FIND, "SELECT " SQL_JOB_COLUMNS " FROM jobs WHERE job = ?1") \
	X(JOB_RANGE, "SELECT count(*) FILTER (WHERE state < 4)," \
		" count(*) FILTER (WHERE state = 4 AND result != ?3)" \
		" FROM jobs WHERE job >= ?1 AND job < ?2") \
	X(JOB_BEFORE, "SELECT count(*) FROM jobs INDEXED BY jobs_live" \
		" WHERE state < 4 AND state = 0 AND job < ?1") \
	X(JOB_RUNNING, "SELECT count(*) FROM jobs INDEXED BY jobs_live" \
		" WHERE state < 4 AND state > 0 AND tenant = ?1") \
	X(JOB_LAST, "SELECT job FROM jobs WHERE job < 2000000000000000" \
		" ORDER BY job DESC LIMIT 1") /* PARC_REPLICA_IDS */ \
	X(JOB_LIST, "SELECT " SQL_JOB_COLUMNS " FROM jobs WHERE job < ?1" \
		" AND (?2 = 0 OR tenant = ?2) AND (?3 < 0 OR uid = ?3)" \
		" ORDER BY job DESC LIMIT ?4") \
	X(JOB_LIST_TENANT, "SELECT " SQL_JOB_COLUMNS " FROM jobs INDEXED BY jobs_by_tenant" \
		" WHERE tenant = ?2 AND job < ?1 AND (?3 < 0 OR uid = ?3)" \
		" ORDER BY job DESC LIMIT ?4") \
	X(JOB_LIVE, "SELECT " SQL_JOB_COLUMNS " FROM jobs INDEXED BY jobs_live" \
		" WHERE state < 4 AND job > ?1 AND (?2 = 0 OR tenant = ?2)" \
		" AND (?3 < 0 OR uid = ?3) ORDER BY job LIMIT ?4") \
	X(ATTEMPT_ADD, "INSERT INTO attempts (allocation, job, attempt, start_us, held_milli," \
		" action) VALUES (?1, ?2, ?3, ?4, ?5, ?6)") \
	X(ATTEMPT_STARTED, "UPDATE attempts SET started_us = ?2 WHERE allocation = ?1") \
	X(ATTEMPT_STOP, "UPDATE attempts SET result = ?2 WHERE allocation = ?1") \
	X(ATTEMPT_END, "UPDATE attempts SET result = ?2, end_us = ?3, wall_us = ?4, cpu_us = ?5," \
		" memory_peak_mib = ?6, busy_us = ?7, exit_code = ?8, signal = ?9" \
		" WHERE allocation = ?1") \
	X(ATTEMPT_FIND, "SELECT " SQL_ATTEMPT_COLUMNS " FROM attempts WHERE allocation = ?1") \
	X(ATTEMPT_LIVE, "SELECT " SQL_ATTEMPT_COLUMNS " FROM attempts INDEXED BY attempts_live" \
		" WHERE end_us = 0 ORDER BY allocation") \
	X(ATTEMPT_OF_JOB, "SELECT " SQL_ATTEMPT_COLUMNS " FROM attempts WHERE job = ?1" \
		" ORDER BY allocation") \
	X(PROGRESS_SET, "INSERT OR REPLACE INTO progress (" SQL_PROGRESS_COLUMNS ")" \
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)") \
	X(PROGRESS_FIND, "SELECT " SQL_PROGRESS_COLUMNS " FROM progress WHERE job = ?1") \
	X(NAME_ADD, "INSERT INTO names (kind, number, name, text) VALUES (?1," \
		" (SELECT coalesce(max(number), 0) + 1 FROM names WHERE kind = ?1), ?2, ?3)" \
		" ON CONFLICT (kind, name) DO UPDATE SET text = excluded.text") \
	X(NAME_FIND, "SELECT number, text FROM names WHERE kind = ?1 AND name = ?2") \
	X(NAME_OF, "SELECT name, text FROM names WHERE kind = ?1 AND number = ?2") \
	X(NAME_LIST, "SELECT number, name, text FROM names WHERE kind = ?1 ORDER BY number") \
	X(KEY_ADD, "INSERT INTO keys (caller, key, hash, job, created_us)" \
		" VALUES (?1, ?2, ?3, ?4, ?5)") \
	X(KEY_FIND, "SELECT hash, job FROM keys WHERE caller = ?1 AND key = ?2") \
	X(KEY_EXPIRE, "DELETE FROM keys WHERE created_us < ?1") \
	X(TOKEN_ADD, "INSERT INTO tokens (hash, number, tenant, created_us, expires_us, uid," \
		" role, user, note) VALUES (?1," \
		" (SELECT coalesce(max(number), 0) + 1 FROM tokens)," \
		" ?2, ?3, ?4, ?5, ?6, ?7, ?8)") \
	X(TOKEN_FIND, "SELECT " SQL_TOKEN_COLUMNS " FROM tokens WHERE hash = ?1") \
	X(TOKEN_REVOKE, "UPDATE tokens SET revoked_us = ?2" \
		" WHERE number = ?1 AND revoked_us = 0") \
	X(TOKEN_LIST, "SELECT " SQL_TOKEN_COLUMNS " FROM tokens ORDER BY number") \
	X(QUARANTINE_ADD, "INSERT INTO quarantine (created_us, event, why)" \
		" SELECT ?1, ?2, ?3 WHERE NOT EXISTS (SELECT 1 FROM quarantine" \
		" WHERE why = ?3)" \
		" AND (SELECT count(*) FROM quarantine) < 1000") \
	X(QUARANTINE_COUNT, "SELECT count(*) FROM quarantine") \
	X(QUARANTINE_LIST, "SELECT number, created_us, event, why FROM quarantine" \
		" ORDER BY number") \
	X(PRUNE_LIST, "SELECT job, state, end_us FROM jobs WHERE job > ?1" \
		" ORDER BY job LIMIT ?2") \
	X(PRUNE_JOB, "DELETE FROM jobs WHERE job = ?1 AND state = 4") \
	X(PRUNE_ATTEMPTS, "DELETE FROM attempts WHERE job = ?1") \
	X(PRUNE_PROGRESS, "DELETE FROM progress WHERE job = ?1") \
	X(MARK_ADD, "INSERT OR REPLACE INTO marks (time_us, ledger) VALUES (?1, ?2)") \
	X(MARK_ADD_TENANT, "INSERT OR REPLACE INTO mark_tenants (tenant, time_us, usage)" \
		" VALUES (?1, ?2, ?3)") \
	X(MARK_BEFORE, "SELECT time_us, ledger FROM marks WHERE time_us <= ?1" \
		" ORDER BY time_us DESC LIMIT 1") \
	X(MARK_AFTER, "SELECT time_us, ledger FROM marks WHERE time_us >= ?1" \
		" ORDER BY time_us LIMIT 1") \
	X(MARK_TENANT, "SELECT usage FROM mark_tenants WHERE tenant = ?1 AND time_us <= ?2" \
		" ORDER BY time_us DESC LIMIT 1") \
	X(MARK_THIN, "DELETE FROM marks WHERE time_us >= ?1 AND time_us < ?2" \
		" AND time_us % ?3 != 0") \
	X(MARK_THIN_TENANTS, "DELETE FROM mark_tenants WHERE time_us >= ?1 AND time_us < ?2" \
		" AND time_us % ?3 != 0 AND EXISTS (SELECT 1 FROM mark_tenants AS later" \
		" WHERE later.tenant = mark_tenants.tenant" \
		" AND later.time_us > mark_tenants.time_us" \
		" AND later.time_us <= (mark_tenants.time_us / ?3 + 1) * ?3)") \
	X(NOTICE_ADD, "INSERT INTO notices (job, allocation, attempt, line)" \
		" VALUES (?1, ?2, ?3, ?4)") \
	X(NOTICE_NEXT, "SELECT number, job, allocation, attempt, line FROM notices" \
		" WHERE number > ?1 ORDER BY number LIMIT 1") \
	X(NOTICE_DROP, "DELETE FROM notices WHERE number <= ?1") \
	X(PAGES, "SELECT (page_count - freelist_count) * page_size" \
		" FROM pragma_page_count, pragma_freelist_count, pragma_page_size")
/* clang-format on */

#endif
