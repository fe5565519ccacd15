package templates

// iconPaths are strokes in a square of 24.
var iconPaths = map[string]string{
	IconKHQR:    "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2v2M20 14v2M14 20h2M20 20h-.01M18 17v3",
	IconBank:    "M3 10 12 4l9 6zM5 10v8M10 10v8M14 10v8M19 10v8M3 20h18",
	IconWallet:  "M4 8V6a1 1 0 0 1 1-1h12v3M4 8h15a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1zM16 13.5h.01",
	IconCard:    "M4 6h16a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1zM3 10h18M7 15h3",
	"chevron":   "M9 6l6 6-6 6",
	"done":      "M5 13l4.5 4.5L19 7",
	"no":        "M7 7l10 10M17 7 7 17",
	"attention": "M12 6v7M12 17.5v.01",
	"wait":      "M12 3a9 9 0 1 0 9 9M12 7v5l3 2",
	"clock":     "M12 3a9 9 0 1 0 .01 0M12 7v5l3 2",
	"travel":    "M5 12h13M13 6l6 6-6 6",
	"info":      "M12 3a9 9 0 1 0 .01 0M12 11v5M12 8v.01",
	"warning":   "M12 4 3 19h18zM12 10v4M12 16.5v.01",
	"lock":      "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
	"flask":     "M9 3h6M10 3v6l-5 9a2 2 0 0 0 2 3h10a2 2 0 0 0 2-3l-5-9V3M8 14h8",
	"save":      "M12 4v11M7 10l5 5 5-5M5 20h14",
	"copy":      "M9 9h11v11H9zM5 15H4V4h11v1",
	"link":      "M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1",
	"receipt":   "M6 3h12v18l-3-2-3 2-3-2-3 2zM9 8h6M9 12h6",
	"print":     "M7 9V4h10v5M7 17H4v-7h16v7h-3M7 14h10v6H7z",
}
