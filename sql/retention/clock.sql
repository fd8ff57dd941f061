-- clock: the time by which a whole sweep judges what has expired.
--
-- Takes no lock.
select fleet.now()
