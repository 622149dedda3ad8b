import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { changes, useChange } from '../../api/alerts';
import { projectDiagnosesQuery } from '../../api/queries';
import { Empty, Failure, Skeleton } from '../../components/states';

/** Diagnoses that somebody muted: nobody is told of them. */
export function Mutes({ project }: { project: string }) {
  const diagnoses = useQuery(projectDiagnosesQuery(project));
  const unmute = useChange(changes.unmute);
  if (diagnoses.error && !diagnoses.data) return <Failure what="The mutes could not be read." error={diagnoses.error} retry={() => void diagnoses.refetch()} />;
  if (!diagnoses.data) return <Skeleton height={120} />;
  const muted = diagnoses.data.filter((diagnosis) => diagnosis.verdict === 'muted');
  if (muted.length === 0) return <Empty title="Nothing is muted."><p>A diagnosis can be muted on its card, and by the button in a message.</p></Empty>;
  return (
    <ul className="plain">
      {muted.map((diagnosis) => (
        <li key={diagnosis.id} className="row delivery">
          <b>{diagnosis.title}</b>
          <Link to="/runs/$run" params={{ run: diagnosis.run }} className="grow">{diagnosis.runName}</Link>
          <button type="button" disabled={unmute.isPending} onClick={() => unmute.mutate(diagnosis.id, { onSuccess: () => void diagnoses.refetch() })}>Unmute</button>
        </li>
      ))}
    </ul>
  );
}
