package bakongcmd

import (
	"context"
	"io"

	"rieltime/providers/bakong/internal/client"
)

// Deeplink is "bakong deeplink".
type Deeplink struct {
	Code     string `arg:"" help:"The KHQR text."`
	AppName  string `help:"The shop's name, shown by the bank app." and:"source"`
	AppIcon  string `help:"URL of the shop's icon." and:"source"`
	Callback string `help:"Address that the bank app returns to." and:"source"`
}

// Run makes the link; it needs no token.
func (d *Deeplink) Run(ctx context.Context, cmd *Cmd, out io.Writer) error {
	var source *client.SourceInfo
	if d.AppName != "" {
		source = &client.SourceInfo{AppIconURL: d.AppIcon, AppName: d.AppName, AppDeepLinkCallback: d.Callback}
	}
	link, err := cmd.client().DeepLink(ctx, d.Code, source)
	if err != nil {
		return explain(err)
	}
	return cmd.write(out, field{"Link", link})
}
