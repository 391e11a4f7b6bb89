/* What webpack would make of an extension: a container that JupyterLab asks for its module. JupyterLab's own packages
 * come from the share scope that it hands to init; the plugins stand in hover.js and errors.js beside this file. */
(() => {
  const here = document.currentScript.src;
  let scope;

  /* The module of one of JupyterLab's packages, in the version that JupyterLab itself uses. */
  async function shared(name) {
    const versions = Object.values(scope[name] ?? {});
    const own = versions.find(version => /application-top|notebook-app/.test(version.from)) ?? versions[0];
    if (!own) throw new Error(`oto-labextension: this JupyterLab does not share ${name}`);
    return (await own.get())();
  }

  const containers = (window._JUPYTERLAB ??= {});
  containers['oto-labextension'] = {
    init(shareScope) {
      scope = shareScope;
    },
    async get() {
      const parts = await Promise.all(['hover.js', 'errors.js'].map(file => import(new URL(file, here).href)));
      const plugins = await Promise.all(parts.map(part => part.plugin(shared)));
      return () => ({ __esModule: true, default: plugins });
    },
  };
})();
