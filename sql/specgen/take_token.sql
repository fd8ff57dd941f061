-- take_token: takes a token of the fleet's rate of requests to models; returns how long to wait for one, zero when taken.
--
-- Locks the meter of that rate until the transaction ends.
select fleet.take_token('model_requests')
