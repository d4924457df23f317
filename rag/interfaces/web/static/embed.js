/* A button in the corner of any page that opens the chat over it:
   <script src="https://…/embed.js" data-label="Ask the documents" data-theme="dark" data-question="…" defer></script> */
(() => {
  "use strict";
  const script = document.currentScript;
  const address = new URL("/", script.src);
  for (const name of ["theme", "question"]) {
    if (script.dataset[name]) address.searchParams.set(name, script.dataset[name]);
  }
  const label = script.dataset.label || "Ask the documents";

  function begin() {
    const host = document.createElement("div");
    const root = host.attachShadow({ mode: "open" });
    const style = document.createElement("style");
    style.textContent = `
      button, iframe { position: fixed; z-index: 2147483000; right: 1rem; }
      button { bottom: 1rem; padding: 0.7rem 1.2rem; border: 1px solid #1b1a17; border-radius: 0; background: #1b1a17; color: #fcfbf8;
        font: 600 1rem/1.4 system-ui, sans-serif; cursor: pointer; }
      button:focus-visible { outline: 3px solid #8c2318; outline-offset: 2px; }
      iframe { bottom: 4.6rem; width: min(27rem, calc(100vw - 2rem)); height: min(40rem, calc(100vh - 6rem)); border: 1px solid #1b1a17; background: #fcfbf8; }
      iframe[hidden] { display: none; }
      @media (max-width: 30rem) { iframe { inset: 0 0 4.2rem 0; width: 100vw; height: calc(100vh - 4.2rem); border-width: 0 0 1px; } }`;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.setAttribute("aria-expanded", "false");
    let frame = null;

    function show(open) {
      if (open && !frame) {
        frame = document.createElement("iframe");
        frame.src = address;
        frame.title = label;
        frame.allow = "clipboard-write";
        root.append(frame);
      }
      if (frame) frame.hidden = !open;
      button.textContent = open ? "Close" : label;
      button.setAttribute("aria-expanded", String(open));
      if (open) frame.focus();
      else button.focus();
    }

    button.addEventListener("click", () => show(!frame || frame.hidden));
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && frame && !frame.hidden) show(false);
    });
    root.append(style, button);
    document.body.append(host);
  }

  if (document.body) begin();
  else document.addEventListener("DOMContentLoaded", begin);
})();
