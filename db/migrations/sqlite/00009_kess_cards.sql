-- +goose Up
-- The links of payments with a saved card carried its token: buyers who are
-- still paying are led to their order's own page instead.
UPDATE payments SET next_action = json_set(next_action, '$.url', replace(
        substr(next_action ->> '$.url', 1, instr(next_action ->> '$.url', '?card_token=') - 1), '/ccpay/', '/pay/'))
    WHERE provider = 'kess' AND instr(next_action ->> '$.url', '/ccpay/') > 0 AND instr(next_action ->> '$.url', '?card_token=') > 0;
-- Card holders stayed in the proofs of forgotten sessions, which are forgotten again.
UPDATE sessions SET forgotten_at = 0
    WHERE forgotten_at > 0 AND EXISTS (SELECT 1 FROM payments p WHERE p.session_id = sessions.id AND p.provider = 'kess');

-- +goose Down
SELECT 1;
