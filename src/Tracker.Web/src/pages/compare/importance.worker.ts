import { importanceOf, type Parameter } from '../../lib/importance';

// A forest takes a second: not on the thread that draws.
onmessage = ({ data }: MessageEvent<{ id: number; parameters: Parameter[]; target: number[] }>) => {
  postMessage({ id: data.id, report: importanceOf(data.parameters, data.target) });
};
