/** The bundler turns imported style sheets into the page's one <style>. */
declare module '*.css';
