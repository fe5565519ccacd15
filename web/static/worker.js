// The service worker of the dashboard. It keeps one page, which says that there is no
// connection, and what that page needs: nothing of a merchant's. The server sets offline
// before it: the page, its files and the name under which they are kept.
"use strict";

self.addEventListener("install", function (event) {
  event.waitUntil(caches.open(offline.name).then(function (cache) {
    return cache.addAll([offline.page].concat(offline.files));
  }).then(function () { return self.skipWaiting(); }));
});

self.addEventListener("activate", function (event) {
  event.waitUntil(caches.keys().then(function (names) {
    return Promise.all(names.map(function (name) { return name === offline.name ? null : caches.delete(name); }));
  }).then(function () { return self.clients.claim(); }));
});

self.addEventListener("fetch", function (event) {
  var request = event.request;
  // "Back" to the answer to a form, which no browser keeps, is no missing connection: the
  // form's address leads to the page that it is on.
  if (request.mode === "navigate" && request.method !== "GET" && request.isHistoryNavigation) {
    event.respondWith(fetch(request.url, { credentials: "same-origin" }).then(function (answer) {
      return new Response(answer.body, { status: answer.status, headers: answer.headers });
    }).catch(function () { return caches.match(offline.page); }));
    return;
  }
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(function () { return caches.match(offline.page); }));
    return;
  }
  if (offline.files.indexOf(new URL(request.url).pathname) >= 0) {
    event.respondWith(caches.match(request, { ignoreVary: true }).then(function (kept) { return kept || fetch(request); }));
  }
});
