package db

import "slices"

// invariant is what must hold for every row; broken selects one text for each
// that breaks it.
type invariant struct {
	holds  string
	note   bool
	broken string
}

// invariants are what must hold on an engine: what is of the engine first.
func (d dialect) invariants() []invariant {
	return slices.Concat(d.sound, invariants, []invariant{
		{holds: "a delivered delivery was taken by its endpoint", broken: `SELECT d.id FROM deliveries d WHERE d.status = 'delivered'
			AND d.attempted_at >= coalesce((SELECT kept_since FROM retention WHERE table_name = 'delivery_attempts'), 0) AND
			NOT EXISTS (SELECT 1 FROM ` + d.rowsOf(attemptsTable) + ` WHERE delivery_id = d.id AND delivery_attempts.status BETWEEN 200 AND 299)`},
	})
}

var invariants = []invariant{
	{holds: "a succeeded payment has its proof", broken: `SELECT id FROM payments WHERE status = 'succeeded' AND (proof = '' OR transaction_id = '' AND review <> 'contested')`},
	{holds: "a payment's amount is its session's, or what that is at the session's rate", broken: `SELECT p.id FROM payments p JOIN sessions s ON s.id = p.session_id
		WHERE (p.amount <> s.amount OR p.currency <> s.currency OR p.rate <> '') AND NOT EXISTS (SELECT 1 FROM json_each(s.converted)
			WHERE CAST(json_extract(value, '$.Amount.Minor') AS BIGINT) = p.amount AND json_extract(value, '$.Amount.Currency') = p.currency AND json_extract(value, '$.Rate') = p.rate)`},
	{holds: "a succeeded payment's proof is over its amount, to its payee", broken: `SELECT id FROM payments
		WHERE status = 'succeeded' AND proof <> '' AND review NOT IN ('mismatch', 'contested') AND (CAST(json_extract(proof, '$.minor') AS BIGINT) IS DISTINCT FROM amount OR json_extract(proof, '$.currency') IS DISTINCT FROM currency
			OR NOT EXISTS (SELECT 1 FROM json_each(payees) WHERE value = json_extract(proof, '$.payee')))`},
	{holds: "money that does not fit, or that nothing shows to be for its session, is under review", broken: `SELECT id FROM payments
		WHERE proof <> '' AND status <> 'succeeded' AND review NOT IN ('mismatch', 'claimed', 'contested')`},
	{holds: "a hash completes nothing by itself", broken: `SELECT id FROM payments
		WHERE status = 'succeeded' AND json_extract(nullif(proof, ''), '$.source') = 'hash' AND decision <> 'accept' AND review <> 'contested'`},
	{holds: "a proof's transaction is the payment's, unless another has it", broken: `SELECT id FROM payments
		WHERE proof <> '' AND json_extract(proof, '$.transaction_id') IS DISTINCT FROM transaction_id
			AND NOT (transaction_id = '' AND (review = 'contested' OR review = 'claimed' AND decision = 'refuse'))`},
	{holds: "a transaction pays once", broken: `SELECT min(id) FROM payments WHERE transaction_id <> ''
		GROUP BY provider, mode, transaction_id HAVING count(CASE WHEN review <> 'contested' THEN 1 END) > 1 OR count(*) > count(DISTINCT account_id) OR count(*) > count(DISTINCT json_extract(nullif(proof, ''), '$.payee'))`},

	{holds: "a complete session has the one payment that completed it", broken: `SELECT s.id FROM sessions s WHERE s.status = 'complete'
		AND (SELECT count(*) FROM payments p WHERE p.session_id = s.id AND p.status = 'succeeded' AND (p.review IN ('', 'contested') OR p.decision = 'accept') AND p.id = s.payment_id) <> 1`},
	{holds: "no second payment completes a session", broken: `SELECT session_id FROM payments WHERE status = 'succeeded' AND review = ''
		GROUP BY session_id HAVING count(*) > 1`},
	{holds: "a session that is not complete has no completing payment", broken: `SELECT s.id FROM sessions s WHERE s.status <> 'complete'
		AND (s.payment_id <> '' OR EXISTS (SELECT 1 FROM payments p WHERE p.session_id = s.id AND p.status = 'succeeded' AND p.review = ''))`},
	{holds: "a session has a closing time when it is closed", broken: `SELECT id FROM sessions WHERE (status = 'open') <> (closed_at = 0)`},
	{holds: "a payment has a closing time when it is closed", broken: `SELECT id FROM payments
		WHERE (status IN ('succeeded', 'failed', 'expired', 'canceled')) <> (closed_at > 0)`},
	{holds: "a complete session offers no payment", broken: `SELECT p.id FROM payments p JOIN sessions s ON s.id = p.session_id
		WHERE s.status = 'complete' AND p.status IN ('created', 'requires_action', 'processing')`},
	{holds: "payments are numbered in order", broken: `SELECT session_id FROM payments GROUP BY session_id
		HAVING min(ordinal) <> 0 OR max(ordinal) <> count(*) - 1`},
	{holds: "a session knows its latest attempt", broken: `SELECT s.id FROM sessions s WHERE s.latest_payment <>
		coalesce((SELECT p.id FROM payments p WHERE p.session_id = s.id AND p.extra_of = '' ORDER BY p.ordinal DESC LIMIT 1), '')`},

	{holds: "refunds add up, and to no more than was paid", broken: `SELECT p.id FROM payments p
		LEFT JOIN (SELECT payment_id, sum(amount) AS total FROM refunds WHERE status <> 'failed' GROUP BY payment_id) r ON r.payment_id = p.id
		WHERE p.refunded <> coalesce(r.total, 0) OR p.refunded > coalesce(CAST(json_extract(nullif(p.proof, ''), '$.minor') AS BIGINT), 0)`},
	{holds: "a refund is of its payment's money", broken: `SELECT r.id FROM refunds r JOIN payments p ON p.id = r.payment_id
		WHERE r.session_id <> p.session_id OR r.mode <> p.mode OR r.merchant_id <> p.merchant_id
			OR r.currency IS DISTINCT FROM json_extract(nullif(p.proof, ''), '$.currency') OR (r.status = 'pending') <> (r.closed_at = 0)`},

	{holds: "takings are the sum of payments and refunds", broken: `SELECT merchant_id || ' ' || mode || ' ' || method || ' ' || currency FROM (` + takingsOfPayments + `
		UNION ALL SELECT merchant_id, mode, 0, currency, provider, method, -taken, -taken_count, -review, -review_count, -refunded, -refunded_count FROM takings) AS both_sides
		GROUP BY merchant_id, mode, currency, provider, method
		HAVING sum(taken) <> 0 OR sum(taken_count) <> 0 OR sum(review) <> 0 OR sum(review_count) <> 0 OR sum(refunded) <> 0 OR sum(refunded_count) <> 0`},
	{holds: "a payment with a proof has the time at which that was recorded", broken: `SELECT id FROM payments WHERE (proof <> '') <> (recorded_at > 0)`},

	{holds: "test and live, and merchants, are kept apart", broken: `SELECT p.id FROM payments p JOIN sessions s ON s.id = p.session_id
		JOIN provider_accounts a ON a.id = p.account_id
		WHERE p.mode <> s.mode OR a.mode <> p.mode OR p.merchant_id <> s.merchant_id OR a.merchant_id <> p.merchant_id OR a.provider <> p.provider`},
	{holds: "a forgotten session is found by no customer", broken: `SELECT t.session_id FROM search_terms t JOIN sessions s ON s.id = t.session_id WHERE s.forgotten_at > 0`},
	{holds: "a delivery's endpoint is of its event's merchant and mode", broken: `SELECT d.id FROM deliveries d JOIN events e ON e.id = d.event_id
		JOIN webhook_endpoints w ON w.id = d.endpoint_id WHERE w.merchant_id <> e.merchant_id OR w.mode <> e.mode`},
	{holds: "an event is of its session's merchant and mode", broken: `SELECT e.id FROM events e JOIN sessions s ON s.id = e.session_id
		WHERE e.merchant_id <> s.merchant_id OR e.mode <> s.mode`},

	{holds: "a closed session has its event, once", broken: `SELECT s.id FROM sessions s WHERE s.status <> 'open' AND
		(SELECT count(*) FROM events e WHERE e.session_id = s.id AND e.type =
			'checkout.session.' || CASE s.status WHEN 'complete' THEN 'completed' ELSE s.status END) <> 1`},
	{holds: "a payment that completed has its event, once, before its session's", broken: `SELECT s.id FROM sessions s WHERE s.status = 'complete' AND
		NOT coalesce((SELECT CASE WHEN count(*) = 1 THEN max(e.sequence) END FROM events e WHERE e.session_id = s.id AND e.payment_id = s.payment_id AND e.type = 'payment.succeeded')
			< (SELECT max(e.sequence) FROM events e WHERE e.session_id = s.id AND e.type = 'checkout.session.completed'), false)`},
	{holds: "a payment that nothing is known of has its event, once more than ends of it", broken: `SELECT p.id FROM payments p WHERE p.review = 'unknown' AND
		(SELECT sum(CASE e.type WHEN 'payment.unknown' THEN 1 WHEN 'payment.cleared' THEN -1 ELSE 0 END)
			FROM events e WHERE e.session_id = p.session_id AND e.payment_id = p.id) IS DISTINCT FROM 1`},
	{holds: "money that was contested has its event", broken: `SELECT p.id FROM payments p WHERE p.review = 'contested' AND
		NOT EXISTS (SELECT 1 FROM events e WHERE e.session_id = p.session_id AND e.payment_id = p.id AND e.type = 'payment.contested')`},
	{holds: "money under review has its event, once", broken: `SELECT p.id FROM payments p WHERE p.review NOT IN ('', 'unknown', 'contested') AND
		(SELECT count(*) FROM events e WHERE e.session_id = p.session_id AND e.payment_id = p.id AND e.type = 'payment.' || p.review) <> 1`},
	{holds: "an event's body is the event's", broken: `SELECT id FROM events
		WHERE NOT json_valid(body) OR json_extract(body, '$.id') IS DISTINCT FROM id OR json_extract(body, '$.type') IS DISTINCT FROM type`},
	{holds: "every event has a delivery to each endpoint that hears it", broken: `SELECT e.id || ' to ' || w.id FROM webhook_endpoints w
		JOIN events e ON e.merchant_id = w.merchant_id AND e.mode = w.mode AND e.sequence > w.hears_since AND e.type <> 'webhook.test'
		WHERE w.disabled = 0 AND w.deleted_at = 0 AND EXISTS (SELECT 1 FROM json_each(w.events) WHERE value IN ('*', e.type))
			AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.event_id = e.id AND d.endpoint_id = w.id)`},

	{holds: "a feed's events are numbered from 1 without a gap, up to its counter", broken: `SELECT merchant_id || ' ' || mode FROM
		(SELECT merchant_id, mode, sequence, 0 AS last FROM events UNION ALL SELECT merchant_id, mode, 0, last_sequence FROM event_feeds) AS numbers
		GROUP BY merchant_id, mode HAVING max(sequence) <> max(last) OR max(sequence) <> count(*) - 1 OR min(sequence) <> 0`},
	{holds: "a feed's digests follow one another, each with its event", broken: `SELECT event_id FROM
		(SELECT d.*, lag(last_sequence) OVER (PARTITION BY merchant_id, mode ORDER BY date) AS before FROM event_digests d) AS d
		WHERE first_sequence <> coalesce(before, 0) + 1 OR NOT EXISTS (SELECT 1 FROM events e WHERE e.id = d.event_id
			AND e.merchant_id = d.merchant_id AND e.mode = d.mode AND e.type = 'events.digest' AND e.sequence > d.last_sequence)`},
	{holds: "events are numbered as time went", note: true, broken: `SELECT id FROM
		(SELECT id, created_at, lag(created_at) OVER (PARTITION BY merchant_id, mode ORDER BY sequence) AS before FROM events) AS e WHERE created_at < before`},
	{holds: "a payment link's uses are its sessions that are paid or being paid", broken: `SELECT id FROM payment_links l WHERE uses <>
		(SELECT count(*) FROM sessions WHERE link_id = l.id AND holds_use = 1)`},
	{holds: "a payment link's sums are those of its sessions that are paid", broken: `SELECT id FROM payment_links l WHERE paid <>
		(SELECT count(*) FROM sessions WHERE link_id = l.id AND status = 'complete') OR takings <>
		(SELECT coalesce(sum(amount), 0) FROM sessions WHERE link_id = l.id AND status = 'complete')`},
	{holds: "a paid session of a payment link has its use, one that ended unpaid has none", broken: `SELECT id FROM sessions WHERE link_id <> '' AND
		(status = 'complete' AND holds_use = 0 OR status NOT IN ('open', 'complete') AND holds_use = 1)`},
	{holds: "no open session is long overdue", note: true, broken: `SELECT id FROM sessions
		WHERE status = 'open' AND expires_at < (SELECT max(created_at) FROM sessions) - 3600000`},
}
