// A vault for those who want to use a stored key: each that cannot be used is counted.

import type { Metrics } from '../shared/metrics.ts';
import type { KeyVault } from './key-vault.ts';

export const countedVault = (vault: KeyVault, metrics: Pick<Metrics, 'cryptoFailure'>): KeyVault => ({
  ...vault,
  open(place, sealed) {
    const opened = vault.open(place, sealed);
    if (opened.state !== 'usable') metrics.cryptoFailure(opened.state);
    return opened;
  },
});
