// Addresses to listen on: config check, doctor and the start say the same of one that is none.
import { join } from 'node:path';
import { KEYCLOAK } from '../../config/environments.ts';
import { temporaryFolder } from '../../support/programs/temporary-folder.ts';
import { type Env, findsPlanted } from './planted.ts';

const surroundings = () => ({ BYOK_DATA_DIR: join(temporaryFolder(), 'new') });
const refused = (name: string, variables: Env, names: string, fix: RegExp) => ({
  name,
  plant: () => ({ ...KEYCLOAK, ...variables }),
  names,
  fix,
  start: 'refuses' as const,
});

findsPlanted('the address to listen on', { surroundings }, [
  refused('a port in it', { HOST: '0.0.0.0:8084' }, 'HOST', /put the port into PORT/),
  refused(
    'a port in the internal one',
    { INTERNAL_HOST: '[::]:8085' },
    'INTERNAL_HOST',
    /put the port into INTERNAL_PORT/,
  ),
  refused('brackets around it', { INTERNAL_HOST: '[::]' }, 'INTERNAL_HOST', /without brackets/),
  refused('no address at all', { HOST: 'not a host' }, 'HOST', /must be an IP address/),
]);
