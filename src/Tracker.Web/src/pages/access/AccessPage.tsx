import { useEffect, useState } from 'react';
import { useSession, type Session } from '../../api/access';
import { Shell } from '../../components/Shell';
import { AccountPanel } from './AccountPanel';
import { AuditPanel } from './AuditPanel';
import { KeysPanel } from './KeysPanel';
import { LinksPanel } from './LinksPanel';
import { PeoplePanel } from './PeoplePanel';

const administrates = (session: Session): boolean => session.role === 'admin' || Object.values(session.projects).includes('admin');

/** Keys, people, public links and the audit log, as far as one may see them. */
export function AccessPage() {
  const { data: session } = useSession();
  const admin = session ? administrates(session) : false;
  const writes = session ? admin || session.role === 'member' || Object.values(session.projects).includes('member') : false;
  const tabs = ['Keys', ...(admin ? ['People'] : []), ...(writes ? ['Links'] : []), ...(admin ? ['Audit log'] : []), ...(session?.kind === 'user' ? ['Account'] : [])];
  const [tab, setTab] = useState('Keys');
  useEffect(() => {
    document.title = `${tab} · Tracker`;
  }, [tab]);
  return (
    <Shell>
      <div className="page narrow access">
        <div className="page-head">
          <h1>Keys and people</h1>
          <div className="segmented" role="group" aria-label="Which">
            {tabs.map((name) => <button key={name} type="button" aria-pressed={tab === name} onClick={() => setTab(name)}>{name}</button>)}
          </div>
        </div>
        {session && tab === 'Keys' && <KeysPanel session={session} />}
        {session && tab === 'People' && <PeoplePanel session={session} />}
        {tab === 'Links' && <LinksPanel />}
        {tab === 'Audit log' && <AuditPanel />}
        {session && tab === 'Account' && <AccountPanel session={session} />}
      </div>
    </Shell>
  );
}
