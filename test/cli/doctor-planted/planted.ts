// Something is set up wrongly, for real, and what is said of it has to name the setting and the fix.
import { describe, expect, it } from 'vitest';
import { diagnose } from '../../../src/cli/doctor/doctor.ts';
import { parseConfig } from '../../../src/config/config.ts';
import { requireFiles } from '../../../src/config/file-checks.ts';
import { type Env, startService } from '../../support/service/running-service.ts';

export type { Env };

export interface Planted {
  readonly name: string;
  /** Sets it up wrongly, and registers with `onTestFinished` how it is put right. @returns variables that become others. */
  readonly plant: () => Env | undefined | Promise<Env | undefined>;
  /** The variable or the setting that has to be named. */
  readonly names: string;
  /** What to do about it, in the same sentence. */
  readonly fix: RegExp;
  /** What the service does with it, besides what doctor says. Undefined: it starts, or cannot see it. */
  readonly start?: 'refuses' | 'waits';
}

/** @param allowed what is said of the surroundings themselves, and is no fault of them. */
export function findsPlanted(
  theme: string,
  { surroundings, allowed = /^$/ }: { surroundings: () => Env; allowed?: RegExp },
  planted: readonly Planted[],
): void {
  const isAllSound = async (): Promise<void> => {
    const said = await doctorSays(surroundings());
    expect(said.filter((line) => !line.startsWith('ok ') && !allowed.test(line))).toEqual([]);
    for (const one of planted) expect(said.filter(tells(one)), one.name).toEqual([]);
  };
  describe(theme, () => {
    it('says nothing of the kind where all is well', isAllSound);

    it.each(planted)('$name is found', async (one) => {
      const env = { ...surroundings(), ...(await one.plant()) };
      const said = await doctorSays(env);
      expect(said.filter((line) => !line.startsWith('ok ')).some(tells(one)), said.join('\n')).toBe(true);
      if (one.start === undefined) return;
      const { outcome, text } = await startSays(env);
      expect(outcome, text).toBe(one.start);
      expect(text).toContain(one.names);
      expect(text).toMatch(one.fix);
    });

    it('says nothing of the kind any more once it is put right', isAllSound);
  });
}

const tells =
  ({ names, fix }: Planted) =>
  (line: string): boolean =>
    line.includes(names) && fix.test(line);

/** What `byok doctor` says, without an administrator's password unless the variables have one. */
export async function doctorSays(env: Env): Promise<string[]> {
  const said: string[] = [];
  for await (const { level, subject, message } of diagnose(env)) said.push(`${level} ${subject}: ${message}`);
  return said;
}

/** What a start with these variables does: `refuses` ends it, `waits` is a start that says so and goes on trying. */
export async function startSays(env: Env): Promise<{ outcome: 'starts' | 'refuses' | 'waits'; text: string }> {
  try {
    requireFiles(parseConfig(env));
    const service = await startService(env);
    const state = service.readiness.state();
    await service.stop();
    return { outcome: state === 'ready' ? 'starts' : 'waits', text: service.logs.join('') };
  } catch (error) {
    const mayPass = error instanceof Error && 'mayPass' in error && error.mayPass === true;
    return { outcome: mayPass ? 'waits' : 'refuses', text: String(error) };
  }
}
