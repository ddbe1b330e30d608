import { describe, expect, it } from 'vitest';
import { type Bucket, histogramQuantile } from '../../src/shared/histogram-quantile.ts';

const buckets = (...pairs: readonly (readonly [le: number, count: number])[]): Bucket[] =>
  pairs.map(([le, count]) => ({ le, count }));
const MORE = Number.POSITIVE_INFINITY;

describe('a quantile from the buckets of a histogram', () => {
  it('lies within its bucket as far as the rank does', () => {
    const times = buckets([0.1, 50], [0.2, 90], [0.4, 98], [MORE, 100]);
    expect(histogramQuantile(0.5, times)).toBeCloseTo(0.1);
    expect(histogramQuantile(0.25, times)).toBeCloseTo(0.05);
    expect(histogramQuantile(0.7, times)).toBeCloseTo(0.15);
    expect(histogramQuantile(0.94, times)).toBeCloseTo(0.3);
  });

  it('is the highest bound where it lies beyond every bound', () => {
    const times = buckets([0.1, 50], [0.2, 90], [0.4, 98], [MORE, 100]);
    expect(histogramQuantile(0.99, times)).toBe(0.4);
    expect(histogramQuantile(0.5, buckets([0.1, 0], [20, 0], [MORE, 7]))).toBe(20);
  });

  it('passes over buckets in which nothing is', () => {
    const times = buckets([0.1, 0], [0.2, 0], [0.4, 10], [0.8, 10], [1, 20], [MORE, 20]);
    expect(histogramQuantile(0.25, times)).toBeCloseTo(0.3);
    expect(histogramQuantile(0.5, times)).toBeCloseTo(0.4);
    expect(histogramQuantile(0.75, times)).toBeCloseTo(0.9);
  });

  it('is not known where nothing was observed', () => {
    expect(histogramQuantile(0.5, [])).toBeUndefined();
    expect(histogramQuantile(0.5, buckets([0.1, 0], [MORE, 0]))).toBeUndefined();
  });
});
