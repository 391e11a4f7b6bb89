/* An error of a C cell as a compact box: the sentence, then the innermost place with its line marked; the frames around
 * it unfold. It is made of the traceback's text alone, node by node, so nothing in it can become markup or a script. */

const ERROR = 'application/vnd.jupyter.error';
const TERMINAL = 'application/vnd.jupyter.stderr';
const HEAD = /^\x1b\[31m\x1b\[1m(\w+)\x1b\[0m: ([^]*)$/; // how the engine begins a traceback, and IPython does not
const PLACE = /^(?:cell \[\d+\]|\S+) line \d+\b/;
const CODE = /^ *(\d*) \|( .*)?$/;

const STYLE = `
.oto-error { --oto-red: color-mix(in srgb, var(--jp-error-color1) 65%, var(--jp-ui-font-color0)); margin: 0; padding: 4px 8px; border-left: 4px solid var(--jp-error-color1); color: var(--jp-ui-font-color1);
  background: var(--jp-rendermime-error-background); font-size: var(--jp-code-font-size); line-height: 1.4; }
.oto-error summary { cursor: pointer; margin-top: 4px; }
.oto-error-place { margin-top: 4px; }
.oto-error-head { font-family: var(--jp-ui-font-family); }
.oto-error-name { font-weight: bold; color: var(--oto-red); }
.oto-error pre { margin: 0; padding: 0; background: none; font-family: var(--jp-code-font-family); white-space: pre-wrap;
  color: inherit; }
.oto-error pre.oto-error-line { background: color-mix(in srgb, var(--jp-error-color1) 20%, transparent); }
.oto-error-number { color: var(--jp-ui-font-color2); user-select: none; }
.oto-error pre.oto-error-caret { font-weight: bold; color: var(--oto-red); }
.oto-error-note { font-family: var(--jp-ui-font-family); }
`;

const plain = text => text.replace(/\x1b\[[0-9;]*m/g, '');

function element(tag, name, text) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text !== undefined) made.textContent = text;
  return made;
}

/* The traceback as { name, sentence, places: [{ title, lines }] }, in the order of the text; null when it is not ours. */
export function read(traceback) {
  const head = HEAD.exec(traceback[0] ?? '');
  if (!head) return null;
  const places = [];
  for (const line of traceback.slice(1).map(plain)) {
    if (PLACE.test(line)) places.push({ title: line, lines: [] });
    else {
      if (!places.length) places.push({ title: '', lines: [] });
      places[places.length - 1].lines.push(line);
    }
  }
  return { name: head[1], sentence: plain(head[2]), places };
}

function drawLine(line) {
  const code = CODE.exec(line);
  if (!code) return element('div', 'oto-error-note', line.trim());
  const numbered = code[1] !== '';
  const row = element('pre', numbered ? 'oto-error-line' : 'oto-error-caret');
  row.append(element('span', 'oto-error-number', `${code[1].padStart(4)} │`), code[2] ?? '');
  return row;
}

function drawPlace({ title, lines }) {
  const place = element('div', 'oto-error-place');
  if (title) place.append(element('div', 'oto-error-title', title));
  place.append(...lines.map(drawLine));
  return place;
}

/* Compile errors come in the order of the cell, so the first matters most; of a crash it is the innermost frame, which
 * comes last. */
function draw({ name, sentence, places }) {
  const box = element('div', 'oto-error');
  const head = element('div', 'oto-error-head');
  head.append(element('span', 'oto-error-name', name), `: ${sentence}`);
  box.append(head);
  const compile = name === 'CompileError';
  const shown = compile ? places.slice(0, 3) : places.slice(-1);
  const folded = compile ? places.slice(3) : places.slice(0, -1);
  const more = element('details');
  more.append(element('summary', '', compile ? `${folded.length} more` : `called from (${folded.length})`));
  more.append(...(compile ? folded : folded.reverse()).map(drawPlace));
  box.append(...shown.map(drawPlace));
  if (folded.length) box.append(more);
  return box;
}

export async function plugin(shared) {
  const [{ IRenderMimeRegistry }, { Panel }] = await Promise.all(['@jupyterlab/rendermime', '@lumino/widgets'].map(shared));

  /* One error. What is not from this kernel is drawn as JupyterLab draws it. */
  class ErrorView extends Panel {
    constructor(makeOther) {
      super();
      this.makeOther = makeOther;
    }

    async renderModel(model) {
      const error = read(model.data[ERROR]?.traceback ?? []);
      if (error) {
        this.node.replaceChildren(draw(error));
        return;
      }
      const other = this.widgets[0] ?? this.makeOther();
      this.addWidget(other);
      await other.renderModel(model);
    }
  }

  return {
    id: 'oto-labextension:errors',
    description: 'Draws errors of C cells compactly; the frames around the innermost one unfold.',
    autoStart: true,
    requires: [IRenderMimeRegistry],
    activate(app, registry) {
      const otherwise = registry.getFactory(TERMINAL);
      if (!otherwise) return;
      document.head.append(element('style', '', STYLE));
      const createRenderer = options => new ErrorView(() => otherwise.createRenderer({ ...options, mimeType: TERMINAL }));
      registry.addFactory({ safe: true, mimeTypes: [ERROR], createRenderer }, 1); // before the terminal's view
    },
  };
}
