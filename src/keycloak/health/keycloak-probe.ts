// The call that shows that Keycloak works, and costs it next to nothing. It looks for a user whom it cannot have: that
// it does in its database, and in no other directory behind it.
import { z } from 'zod';
import type { CallSpec } from '../keycloak-call.ts';
import { describeFailure, isNoSuchUser } from '../keycloak-failures.ts';

const NOBODY = '00000000-0000-0000-0000-000000000000';

export const PROBE: CallSpec<unknown> = {
  kind: 'probe',
  name: 'look for nobody',
  shape: z.literal(NOBODY),
  async run(client) {
    try {
      return await client.users.findOne({ id: NOBODY }, { catchNotFound: false });
    } catch (error) {
      if (isNoSuchUser(describeFailure(error))) return NOBODY;
      throw error;
    }
  },
};
export const PROBE_MS = 2_000;
