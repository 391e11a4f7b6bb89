/* A C name in a cell, under the mouse, shows what Shift+Tab would: its declaration, and its value. */

const LINES = 12; // of the tooltip; the rest is in the inspector
const NAME = /^[A-Za-z_]\w*$/;
const NOT_CODE = /Comment|String|CharLiteral/;

/* The cell whose editor is this CodeMirror view, and the kernel of its notebook, or null. */
function cellOf(tracker, view) {
  let found = null;
  tracker.forEach(panel => {
    const cell = panel.content.widgets.find(cell => cell.editor?.editor === view);
    if (cell) found = { cell, kernel: panel.sessionContext.session?.kernel };
  });
  return found?.cell.model.type === 'code' && found.kernel ? found : null;
}

/* What the kernel says about the name at a position, or null. While a cell runs the question would wait for its end, so
 * it is not asked. */
async function inspect(kernel, text, position) {
  if (kernel.status !== 'idle' || (await kernel.info).language_info.name !== 'c') return null;
  const reply = await kernel.requestInspect({
    code: text,
    cursor_pos: [...text.slice(0, position)].length, // the protocol counts code points, JavaScript UTF-16
    detail_level: 0,
  });
  const { status, found, data } = reply.content;
  return status === 'ok' && found ? String(data['text/plain'] ?? '') : null;
}

function tooltip(text) {
  const dom = document.createElement('pre');
  dom.className = 'oto-hover';
  const lines = text.replace(/\x1b\[[0-9;]*m/g, '').trimEnd().split('\n');
  dom.textContent = lines.slice(0, LINES).join('\n') + (lines.length > LINES ? '\n…' : '');
  Object.assign(dom.style, {
    margin: '0',
    padding: '4px 8px',
    maxWidth: '60em',
    overflow: 'hidden',
    whiteSpace: 'pre-wrap',
    fontFamily: 'var(--jp-code-font-family)',
    fontSize: 'var(--jp-code-font-size)',
    color: 'var(--jp-ui-font-color1)',
    background: 'var(--jp-layout-color1)',
    border: '1px solid var(--jp-border-color1)',
  });
  return dom;
}

export async function plugin(shared) {
  const [{ INotebookTracker }, { IEditorExtensionRegistry, EditorExtensionRegistry }, { hoverTooltip }, { syntaxTree }] =
    await Promise.all(['@jupyterlab/notebook', '@jupyterlab/codemirror', '@codemirror/view', '@codemirror/language'].map(shared));

  return {
    id: 'oto-labextension:hover',
    description: 'Shows type and value of the C name under the mouse.',
    autoStart: true,
    requires: [INotebookTracker, IEditorExtensionRegistry],
    activate(app, tracker, extensions) {
      const source = async (view, position) => {
        if (document.querySelector('.jp-Tooltip, .jp-Completer:not(.lm-mod-hidden)')) return null; // one answer at a time
        const word = view.state.wordAt(position);
        const name = word && view.state.sliceDoc(word.from, word.to);
        if (!name || !NAME.test(name) || NOT_CODE.test(syntaxTree(view.state).resolveInner(position, 1).name)) return null;
        const owner = cellOf(tracker, view);
        const text = owner && (await inspect(owner.kernel, view.state.doc.toString(), word.from));
        if (!text) return null;
        return { pos: word.from, end: word.to, above: true, create: () => ({ dom: tooltip(text) }) };
      };
      const extension = hoverTooltip((view, position) => source(view, position).catch(() => null), { hoverTime: 400 });
      extensions.addExtension({
        name: 'oto-hover',
        factory: () => EditorExtensionRegistry.createImmutableExtension(extension),
      });
    },
  };
}
