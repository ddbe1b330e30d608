// Reads out what has happened, for those who do not see it.
import { useEffect, useState } from 'preact/hooks';
import { useStore } from '../store.ts';

export function Announcer() {
  const { onAnnouncement } = useStore();
  const [text, setText] = useState('');
  useEffect(() => onAnnouncement(setText), [onAnnouncement]);
  return (
    <div class="visually-hidden" role="status">
      {text}
    </div>
  );
}
