// What operators see where PostgreSQL refuses.
import { expect, it } from 'vitest';
import { databaseFault } from '../../src/database/database-fault.ts';

it('a database that is not there may be missing, or its name wrong', () => {
  expect(databaseFault(Object.assign(new Error('x'), { code: '3D000' }))).toEqual({
    word: 'no_such_database',
    lasting: true,
    advice: 'PostgreSQL has no database of the name in DATABASE_URL. Create it, or correct the name.',
  });
});
