// What the dashboard does beyond plain links, forms and htmx. Without it everything
// still works.
(function () {
  "use strict";

  // A form is sent once, however often its button is pressed.
  document.addEventListener("submit", function (event) {
    if (event.defaultPrevented) { return; }
    var form = event.target;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    window.addEventListener("pageshow", function () { delete form.dataset.sent; }, { once: true });
  });

  // Buttons that copy a text are there only where they can.
  function showCopyButtons() {
    if (!navigator.clipboard) { return; }
    document.querySelectorAll("button[data-copy][hidden]").forEach(function (button) { button.hidden = false; });
  }
  showCopyButtons();
  document.addEventListener("htmx:afterSwap", showCopyButtons);

  document.addEventListener("click", function (event) {
    var button = event.target.closest("button[data-copy]");
    if (!button) { return; }
    navigator.clipboard.writeText(button.dataset.copy).then(function () { button.textContent = button.dataset.copied; });
  });

  // A text to copy is selected as a whole.
  document.addEventListener("focusin", function (event) {
    if (event.target.matches(".copy input")) { event.target.select(); }
  });

  // Printing needs a script; without one the browser's own menu does it.
  document.querySelectorAll("[data-print]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () { window.print(); });
  });
})();
