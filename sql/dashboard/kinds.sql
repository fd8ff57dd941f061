-- kinds: the kinds and queues that there are, for people to choose from.
--
-- Takes no lock.
select known.kind, known.queue from fleet.kind as known order by known.kind limit 500
