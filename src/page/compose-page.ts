// The page for people, over everything else that they can call.
import type { Config } from '../config/config.ts';
import type { Feature } from '../http/feature.ts';
import type { Sessions } from '../sessions/compose-sessions.ts';
import { readUiAssets } from './ui-assets.ts';
import { uiRoutes } from './ui-routes.ts';

/** @throws StartupProblem where the page has not been built. */
export function composePage({ basePath }: Config, { authenticate, signIn }: Sessions): Feature {
  const options = {
    ui: readUiAssets(),
    authenticate,
    basePath,
    demo: signIn === undefined,
    providerOrigin: signIn?.origin,
  };
  return { open: async (scope) => scope.register(uiRoutes, options) };
}
