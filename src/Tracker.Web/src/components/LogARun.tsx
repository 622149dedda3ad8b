import { useState } from 'react';

const snippets = (project: string, origin: string) => ({
  Python: `run = tracker.init(project="${project}", config={"lr": 0.1})
run.log({"train/loss": loss, "grad_norm/total": norm}, step=step)
run.finish()`,
  'C#': `await using var run = await TrackerRun.StartAsync(new() { Project = "${project}" });
for (var step = 0; step < steps; step++)
    run.Log(step, ("train/loss", loss), ("grad_norm/total", norm));`,
  curl: `curl ${origin}/api/v1/runs --json '{"project": "${project}", "id": "first"}'
curl ${origin}/api/v1/runs/first/log --json '{"points": [{"step": 1, "values": {"train/loss": 2.3}}]}'
curl ${origin}/api/v1/runs/first/finish --json '{}'`,
});

/** The three lines that log a run: what an empty page shows. */
export function LogARun({ project = 'digits' }: { project?: string }) {
  const all = snippets(project, location.origin);
  const [language, setLanguage] = useState<keyof typeof all>('Python');
  const [copied, setCopied] = useState(false);
  return (
    <div className="snippet">
      <div className="snippet-head">
        <div role="tablist" aria-label="Language">
          {(Object.keys(all) as (keyof typeof all)[]).map((name) => (
            <button key={name} type="button" role="tab" className="quiet" aria-selected={name === language} onClick={() => setLanguage(name)}>{name}</button>
          ))}
        </div>
        <button
          type="button"
          className="quiet snippet-copy"
          onClick={() => void navigator.clipboard.writeText(all[language]).then(() => setCopied(true))}
          onBlur={() => setCopied(false)}
        >
          {copied ? 'Copied' : 'Copy'}
        </button>
      </div>
      <pre><code>{all[language]}</code></pre>
    </div>
  );
}
