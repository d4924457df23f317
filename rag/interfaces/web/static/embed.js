/* A button in the corner of any page that opens the chat over it:
   <script src="https://…/embed.js" data-label="Ask the documents" defer></script>
   data-label     what the button says
   data-title     a title above the chat; without it there is none
   data-theme     light or dark
   data-accent    a colour such as #8c2318
   data-within    the folders or documents that are asked, with commas between
   data-sources   hidden: without the list of documents
   data-question  what is asked first */
(() => {
  "use strict";
  const script = document.currentScript;
  const { label = "Ask the documents", title = "", accent = "", ...more } = script.dataset;
  const address = new URL("/", script.src);
  for (const name of ["theme", "question", "within", "sources"]) {
    if (more[name]) address.searchParams.set(name, more[name]);
  }
  const colour = /^#[0-9a-f]{6}$/i.test(accent) ? accent : "";
  if (colour) address.searchParams.set("accent", colour);

  function begin() {
    const host = document.createElement("div");
    const root = host.attachShadow({ mode: "open" });
    const style = document.createElement("style");
    style.textContent = `
      button, section { position: fixed; z-index: 2147483000; right: 1rem; box-sizing: border-box; }
      button { bottom: 1rem; padding: 0.7rem 1.2rem; border: 1px solid ${colour || "#1b1a17"}; border-radius: 0; background: ${colour || "#1b1a17"};
        color: #fcfbf8; font: 600 1rem/1.4 system-ui, sans-serif; cursor: pointer; max-width: calc(100vw - 2rem); }
      button:focus-visible { outline: 3px solid ${colour || "#8c2318"}; outline-offset: 2px; }
      section { bottom: 4.6rem; width: min(27rem, calc(100vw - 2rem)); height: min(40rem, calc(100vh - 6rem)); display: flex; flex-direction: column;
        border: 1px solid #1b1a17; background: #fcfbf8; color: #1b1a17; }
      section[hidden] { display: none; }
      h2 { margin: 0; padding: 0.6rem 1rem; border-bottom: 1px solid #1b1a17; font: 600 1rem/1.4 system-ui, sans-serif; overflow-wrap: anywhere; }
      section.dark { background: #171614; color: #ebe7de; border-color: #ebe7de; }
      section.dark h2 { border-color: #ebe7de; }
      iframe { flex: 1; min-height: 0; width: 100%; border: 0; }
      @media (max-width: 30rem) { section { inset: 0 0 4.2rem 0; width: 100vw; height: auto; border-width: 0 0 1px; } }`;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.setAttribute("aria-expanded", "false");
    const panel = document.createElement("section");
    panel.setAttribute("aria-label", title || label);
    panel.className = more.theme === "dark" ? "dark" : "";
    panel.hidden = true;
    if (title) panel.append(Object.assign(document.createElement("h2"), { textContent: title }));
    let frame = null;

    function show(open) {
      if (open && !frame) {
        frame = Object.assign(document.createElement("iframe"), { src: address, title: title || label, allow: "clipboard-write" });
        panel.append(frame);
      }
      panel.hidden = !open;
      button.textContent = open ? "Close" : label;
      button.setAttribute("aria-expanded", String(open));
      if (open) frame.focus();
      else button.focus();
    }

    button.addEventListener("click", () => show(panel.hidden));
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !panel.hidden) show(false);
    });
    addEventListener("message", (event) => {
      const ours = frame && event.source === frame.contentWindow && event.origin === address.origin;
      if (ours && event.data?.type === "chapter-and-verse:escape" && !panel.hidden) show(false);
    });
    root.append(style, button, panel);
    document.body.append(host);
  }

  if (document.body) begin();
  else document.addEventListener("DOMContentLoaded", begin);
})();
