// Reads JSON that is kept in Redis, where an older version or another program may have written it.
import type { z } from 'zod';

/** @returns what the text holds; undefined where there is none or it is not of the schema's shape. */
export function parseStored<T>(schema: z.ZodType<T>, text: string | null | undefined): T | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
