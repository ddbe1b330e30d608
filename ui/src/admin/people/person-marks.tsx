// What stands beside a person's name.

export function DisabledMark() {
  return (
    <span class="badge" data-tone="bad">
      Disabled
    </span>
  );
}

export function Tier({ tier }: { tier: string }) {
  return (
    <span class="tier" data-tier={tier}>
      {tier.replaceAll('_', ' ')}
    </span>
  );
}
