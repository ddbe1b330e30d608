// What processes cost, where the time on the clock says little: it depends on what else the machine does.
import { readFileSync } from 'node:fs';

/** Of the programs that this process has started and that have ended, with theirs; 0 where the system does not say. */
export function endedProgramsMs(): number {
  try {
    // `cutime` and `cstime` of proc(5), in hundredths of a second. The name in brackets may hold spaces.
    const fields = readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return (Number(fields[13]) + Number(fields[14])) * 10;
  } catch {
    return 0;
  }
}

/** Of this process and of those. */
export function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000 + endedProgramsMs();
}
