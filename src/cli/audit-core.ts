// What the commands about the audit log have in common.
import type { Core } from '../app/core.ts';
import { type Config, parseConfig } from '../config/config.ts';
import { databaseReason } from '../database/database-statements.ts';
import { ByokError, StartupProblem } from '../shared/errors.ts';
import { openCommandCore } from './command-core.ts';

export async function withAuditLog(action: (core: Core, config: Config) => Promise<void>): Promise<void> {
  const config = parseConfig(process.env);
  await using core = await openCommandCore(config);
  try {
    await action(core, config);
  } catch (error) {
    if (error instanceof StartupProblem || error instanceof ByokError) throw error;
    throw new StartupProblem(`The audit log cannot be reached: ${databaseReason(error)}.`, { cause: error });
  }
}
