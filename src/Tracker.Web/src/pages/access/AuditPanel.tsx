import { useAudit } from '../../api/access';
import { Empty, Failure, Skeleton } from '../../components/states';
import { Ago } from '../../components/time';

/** Who did what, the latest first. */
export function AuditPanel() {
  const audit = useAudit();
  if (audit.error) return <Failure what="The audit log could not be read." error={audit.error} retry={() => void audit.refetch()} />;
  if (audit.isPending) return <Skeleton height={280} />;
  if (audit.data.length === 0) return <Empty title="Nothing was done yet that is written down." />;
  return (
    <section className="panel scroll-x">
      <table>
        <thead><tr><th>When</th><th>Who</th><th>From</th><th>What</th><th>With</th><th>Project</th></tr></thead>
        <tbody>
          {audit.data.map((row, index) => (
            <tr key={index}><th scope="row"><Ago time={Date.parse(row.at)} /></th><td>{row.actor}</td><td>{row.address ?? '–'}</td><td>{row.action}</td><td>{row.target ?? '–'}</td><td>{row.project ?? '–'}</td></tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
