import { describeUserDirectory } from '../../users/user-directory-contract.ts';
import { createMemoryUserDirectory } from './memory-user-directory.ts';

describeUserDirectory('memory', async () => {
  const directory = createMemoryUserDirectory();
  return {
    directory,
    seed: async (user) => directory.seed(user),
    remove: async (id) => directory.remove(id),
    close: async () => undefined,
  };
});
