// What is large by nature: `npm run proof` does all of it, `npm test` a sample.

const PROOF = process.env.BYOK_PROOF === 'yes';

interface Size<T> {
  /** In `npm test`. */
  readonly sample: T;
  /** In `npm run proof`. */
  readonly proof: T;
}

/** How much of something this run does. */
export const sized = <T extends number | boolean>({ sample, proof }: Size<T>): T => (PROOF ? proof : sample);

/** For fast-check: the sample is the same in every run, the proof another one each time. Both say the seed when they fail. */
export const runs = ({ sample, proof }: Size<number>): { numRuns: number; seed?: number } =>
  PROOF ? { numRuns: proof } : { numRuns: sample, seed: 20_261_122 };
