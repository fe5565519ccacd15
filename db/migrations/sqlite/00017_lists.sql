-- +goose Up
-- Every filter of a list, and every two that go together, has an index in the
-- list's order, named after its table and the filters.
DROP INDEX sessions_reference;
CREATE INDEX sessions_reference ON sessions (merchant_id, mode, reference, created_at, id);
CREATE INDEX sessions_status ON sessions (merchant_id, mode, status, created_at, id);
CREATE INDEX sessions_reference_status ON sessions (merchant_id, mode, reference, status, created_at, id);

CREATE INDEX payments_session_id ON payments (merchant_id, mode, session_id, created_at, id);
CREATE INDEX payments_status ON payments (merchant_id, mode, status, created_at, id);
CREATE INDEX payments_merchant_reference_status ON payments (merchant_id, mode, merchant_reference, status, created_at, id);
CREATE INDEX payments_review_status ON payments (merchant_id, mode, status, created_at, id) WHERE review <> '' AND decision = '';
CREATE INDEX payments_review_merchant_reference ON payments (merchant_id, mode, merchant_reference, created_at, id) WHERE review <> '' AND decision = '';
CREATE INDEX payments_review_merchant_reference_status ON payments (merchant_id, mode, merchant_reference, status, created_at, id) WHERE review <> '' AND decision = '';

CREATE INDEX refunds_payment_id ON refunds (merchant_id, mode, payment_id, created_at, id);
CREATE INDEX refunds_session_id ON refunds (merchant_id, mode, session_id, created_at, id);
CREATE INDEX payment_links_active ON payment_links (merchant_id, mode, active, created_at, id);

CREATE INDEX events_type ON events (merchant_id, mode, type, sequence);
DROP INDEX events_created;
CREATE INDEX events_created ON events (merchant_id, mode, created_at, sequence, type);

DROP INDEX deliveries_status;
CREATE INDEX deliveries_status ON deliveries (endpoint_id, status, created_at, id);
CREATE INDEX deliveries_due ON deliveries (next_attempt_at) WHERE status = 'pending';

-- Endpoints that are gone stay for their deliveries, and are read no more.
CREATE INDEX webhook_endpoints_list ON webhook_endpoints (merchant_id, mode, created_at, id) WHERE deleted_at = 0;
CREATE INDEX webhook_endpoints_listening ON webhook_endpoints (merchant_id, mode) WHERE disabled = 0;
CREATE INDEX audit_actor ON audit (actor);

-- Retention goes on behind the last session it has seen.
DROP INDEX sessions_remembered;
CREATE INDEX sessions_remembered ON sessions (closed_at, id) WHERE closed_at > 0 AND forgotten_at = 0;

-- +goose Down
DROP INDEX sessions_remembered;
CREATE INDEX sessions_remembered ON sessions (closed_at) WHERE closed_at > 0 AND forgotten_at = 0;
DROP INDEX audit_actor;
DROP INDEX webhook_endpoints_listening;
DROP INDEX webhook_endpoints_list;
DROP INDEX deliveries_due;
DROP INDEX deliveries_status;
CREATE INDEX deliveries_status ON deliveries (endpoint_id, status);
DROP INDEX events_created;
CREATE INDEX events_created ON events (merchant_id, mode, created_at);
DROP INDEX events_type;
DROP INDEX payment_links_active;
DROP INDEX refunds_session_id;
DROP INDEX refunds_payment_id;
DROP INDEX payments_review_merchant_reference_status;
DROP INDEX payments_review_merchant_reference;
DROP INDEX payments_review_status;
DROP INDEX payments_merchant_reference_status;
DROP INDEX payments_status;
DROP INDEX payments_session_id;
DROP INDEX sessions_reference_status;
DROP INDEX sessions_status;
DROP INDEX sessions_reference;
CREATE INDEX sessions_reference ON sessions (merchant_id, mode, reference);
