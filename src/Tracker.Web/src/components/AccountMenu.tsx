import { Link } from '@tanstack/react-router';
import { signOut, useSession } from '../api/access';
import { Popover } from './Popover';

/** Who one is, the way to keys and people, and out. */
export function AccountMenu() {
  const { data: session } = useSession();
  if (!session) return null;
  if (session.kind === 'share') return <span className="account-note">shared, read-only</span>;
  const name = session.kind === 'local' ? 'This machine' : (session.name ?? 'Account');
  const leave = async () => {
    await signOut();
    location.assign('/login');
  };
  return (
    <Popover label={<span className="account" aria-hidden="true" data-initials={initials(name)} />} name={`Account: ${name}`} title={name} className="quiet icon-button">
      {(close) => (
        <div className="menu">
          <p className="menu-head">
            <b>{name}</b>
            <span>{session.kind === 'local' ? 'no login: nobody was asked' : (session.email ?? 'signed in with a key')}</span>
          </p>
          <hr />
          <Link to="/access" search={{}} className="menu-item" onClick={close}>Keys and people</Link>
          {session.canSignOut && <button type="button" className="menu-item" onClick={() => void leave()}>Sign out</button>}
        </div>
      )}
    </Popover>
  );
}

const initials = (name: string): string => name.split(/[\s@._-]+/).filter(Boolean).slice(0, 2).map((word) => word[0]!.toUpperCase()).join('');
