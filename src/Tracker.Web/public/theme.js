// Runs before the first paint, so that a chosen theme does not flash the other one. A file, not an inline script: a strict CSP holds.
(function () {
  try {
    var theme = localStorage.getItem('tracker.theme');
    if (theme === 'dark' || theme === 'light') document.documentElement.dataset.theme = theme;
  } catch {
    // Storage may be closed; the system's theme is shown.
  }
})();
