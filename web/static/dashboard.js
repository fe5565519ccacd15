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
})();
