-- roll_up: brings the sums of finished jobs up to date; false when more is left, null where somebody else is at it.
--
-- Waits for nobody.
select fleet.roll_up()
