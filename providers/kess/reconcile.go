package kess

import (
	"context"
	"fmt"
	"strings"
	"time"

	"rieltime/checkout"
	"rieltime/providers/kess/internal/client"
)

const (
	ordersPerPage = 200
	maxOrderPages = 500
)

// Orders implements checkout.OrderLister (queryorderbydaterange), without
// withdrawals (negative amounts). It reads a day more at each end, as the document
// does not name the time zone of KESS's days.
func (p *Provider) Orders(ctx context.Context, account checkout.Account, from, to time.Time) ([]checkout.Order, error) {
	_, access, err := gatewayAccount(account)
	if err != nil {
		return nil, err
	}

	first, last := from.AddDate(0, 0, -1).UTC().Format(time.DateOnly), to.AddDate(0, 0, 1).UTC().Format(time.DateOnly)
	var orders []checkout.Order
	for number := 1; number <= maxOrderPages; number++ {
		var page client.OrderPage
		if err := p.client.Call(ctx, access, client.QueryOrderByDateRange, client.Params{
			"start_date": first, "end_date": last, "per_page": ordersPerPage, "page": number,
		}, &page); err != nil {
			return nil, fmt.Errorf("orders, page %d: %w", number, err)
		}

		for _, order := range page.Items {
			if !strings.HasPrefix(order.TotalAmount.String(), "-") {
				orders = append(orders, orderOf(order))
			}
		}

		if last, err := page.LastPage.Int64(); err != nil || int64(number) >= last || len(page.Items) == 0 {
			return orders, nil
		}
	}

	return nil, fmt.Errorf("more than %d orders", maxOrderPages*ordersPerPage)
}

func orderOf(order client.Order) checkout.Order {
	status := client.NormalStatus(order.Status)
	return checkout.Order{
		Reference: order.OutTradeNo, Amount: order.TotalAmount.String(), Currency: order.Currency,
		Status: status, TransactionID: order.TransactionID, CreatedAt: client.Time(order.CreatedAt),
		Paid: status == client.StatusSuccess || client.Refunded(status),
	}
}
