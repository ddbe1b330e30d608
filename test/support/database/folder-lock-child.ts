// A process that tries to lock a folder, says `locked` or `refused`, and stays.
import { setTimeout as wait } from 'node:timers/promises';
import { lockFolder } from '../../../src/database/sqlite-folder-lock.ts';

const release = lockFolder(process.argv[2] ?? '');
process.stdout.write(release === undefined ? 'refused\n' : 'locked\n');
await wait(600_000);
release?.();
