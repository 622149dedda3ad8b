import { useEffect, useId, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { complete, isPlain, tokens, type Completion, type Names } from '../lib/filter';

interface Props {
  value: string;
  names: Names;
  /** What the server says is wrong with the value that was applied. */
  error?: { position: number; message: string } | undefined;
  onChange: (value: string) => void;
}

/** Rests so long after a key before it asks the server. */
const rest = 60;

/** The filter of the runs: plain words, or the grammar with its words told apart, completion, and the error at its character. */
export function FilterInput({ value, names, error, onChange }: Props) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const mirror = useRef<HTMLDivElement>(null);
  const [text, setText] = useState(value);
  const [caret, setCaret] = useState<number | null>(null);
  const [chosen, setChosen] = useState(-1);
  const [shut, setShut] = useState(true);
  const sent = useRef(value);

  // What came from outside (a link, a saved view) replaces what is written; our own echo does not.
  useEffect(() => {
    if (value === sent.current) return;
    sent.current = value;
    setText(value);
  }, [value]);
  const apply = (next: string) => {
    sent.current = next;
    onChange(next);
  };
  useEffect(() => {
    if (text === sent.current) return;
    const timer = setTimeout(() => apply(text), rest);
    return () => clearTimeout(timer);
  });

  const completion = useMemo<Completion | null>(() => (caret === null || shut ? null : complete(text, caret, names)), [text, caret, shut, names]);
  const options = completion?.options ?? [];
  const take = (option: string) => {
    if (!completion) return;
    const space = option === '(' || text[completion.to] === ' ' ? '' : ' ';
    const next = text.slice(0, completion.from) + option + space + text.slice(completion.to);
    setText(next);
    setChosen(-1);
    const at = completion.from + option.length + 1;
    requestAnimationFrame(() => {
      input.current?.setSelectionRange(at, at);
      setCaret(at);
    });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      setShut(false);
      setCaret(input.current!.selectionStart);
      if (options.length > 0) setChosen((chosen + (event.key === 'ArrowDown' ? 1 : -1) + options.length) % options.length);
    } else if ((event.key === 'Enter' || event.key === 'Tab') && options[chosen]) {
      event.preventDefault();
      take(options[chosen].text);
    } else if (event.key === 'Tab' && options[0] && text !== '' && completion!.to > completion!.from) {
      event.preventDefault();
      take(options[0].text);
    } else if (event.key === 'Enter') {
      setShut(true);
      apply(text);
    } else if (event.key === 'Escape') {
      event.stopPropagation();
      if (!shut && options.length > 0) setShut(true);
      else input.current?.blur();
    }
  };
  const follow = () => {
    setCaret(input.current!.selectionStart);
    if (mirror.current) mirror.current.scrollLeft = input.current!.scrollLeft;
  };
  const wrong = error && text === value ? error : undefined;

  return (
    <div className="filter">
      <div className="filter-box" data-wrong={wrong ? true : undefined}>
        <div ref={mirror} className="filter-mirror" aria-hidden="true">{coloured(text, wrong?.position)}</div>
        <input
          ref={input}
          className="filter-input"
          role="combobox"
          aria-label="Filter runs"
          aria-expanded={options.length > 0}
          aria-controls={`${id}-options`}
          aria-activedescendant={options[chosen] ? `${id}-${chosen}` : undefined}
          aria-autocomplete="list"
          aria-invalid={wrong ? true : undefined}
          aria-describedby={wrong ? `${id}-wrong` : undefined}
          spellCheck={false}
          autoComplete="off"
          autoCapitalize="off"
          placeholder="Filter: words, or metrics.val/loss < 0.3 and config.lr > 0.01"
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setShut(false);
            setChosen(-1);
            follow();
          }}
          onKeyDown={onKeyDown}
          onSelect={follow}
          onScroll={follow}
          onFocus={() => {
            follow();
            setShut(false);
          }}
          onBlur={() => setShut(true)}
        />
        {text && <button type="button" className="quiet filter-clear" aria-label="Clear the filter" onClick={() => { setText(''); apply(''); input.current?.focus(); }}>×</button>}
        <ul id={`${id}-options`} className="filter-options" role="listbox" aria-label="Completions" hidden={options.length === 0} style={{ left: Math.min(offset(completion?.from ?? 0), 480) }}>
          {options.map((option, i) => (
            <li
              key={option.text}
              id={`${id}-${i}`}
              role="option"
              aria-selected={i === chosen}
              onPointerDown={(event) => {
                event.preventDefault();
                take(option.text);
              }}
            >
              <code>{option.text}</code><span>{option.note}</span>
            </li>
          ))}
        </ul>
      </div>
      {wrong && <p id={`${id}-wrong`} className="filter-wrong" role="alert">At character {wrong.position + 1}: {wrong.message}</p>}
      {!wrong && isPlain(text) && shut && <p className="filter-note">Runs whose name, id, group or tags hold “{text.trim()}”.</p>}
    </div>
  );
}

/** Width of a character of the input's monospaced font, in pixels. */
const character = 7.23;
const offset = (at: number): number => at * character;

function coloured(text: string, wrong: number | undefined) {
  const parts = [];
  let at = 0;
  for (const token of tokens(text)) {
    if (token.from > at) parts.push(text.slice(at, token.from));
    const isWrong = wrong !== undefined && wrong >= token.from && wrong < token.to;
    parts.push(<span key={token.from} data-kind={token.kind} data-wrong={isWrong || undefined}>{token.text}</span>);
    at = token.to;
  }
  parts.push(text.slice(at));
  if (wrong !== undefined && wrong >= text.trimEnd().length) parts.push(<span key="end" data-wrong>{'  '}</span>);
  return parts;
}
